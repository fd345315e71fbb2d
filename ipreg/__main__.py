"""``python -m ipreg``."""

from ipreg.cli import main

main()
