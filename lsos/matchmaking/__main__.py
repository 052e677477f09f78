"""The package's command line, for `python -m lsos.matchmaking`."""

from lsos.matchmaking.cli import matchmaking

if __name__ == "__main__":
    matchmaking(prog_name="python -m lsos.matchmaking")
