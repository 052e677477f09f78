"""The floor: the least that Flask can do under the same server settings. Everything else is measured against it."""

from flask import Flask

app = Flask("floor")


@app.get("/")
def hello() -> str:
    """Answer with one line."""
    return "floor"
