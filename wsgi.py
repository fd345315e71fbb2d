"""The entry of a WSGI server: ``gunicorn wsgi:application``, ``waitress-serve wsgi:application`` and the like."""

import os

from ipreg import logs, metrics
from ipreg.app import create_app
from ipreg.config import Config

config = Config.from_env(os.environ)
logs.set_up(config.log_format)
metrics.share(config.var)
application = create_app(config)
