"""The command line, for `python -m lsos`."""

from lsos.cli import main

if __name__ == "__main__":
    main(prog_name="lsos")
