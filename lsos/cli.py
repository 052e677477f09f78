"""The command line: the other door to the same use cases."""

from flask.cli import FlaskGroup

from lsos.app import create_app

main = FlaskGroup(name="lsos", create_app=create_app, add_default_commands=False, add_version_option=False)
