"""The entry of a WSGI server: ``waitress-serve wsgi:application`` and the like."""

import os

from ipreg.app import create_app
from ipreg.config import Config

application = create_app(Config.from_env(os.environ))
