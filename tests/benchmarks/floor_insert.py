"""The floor of a check-in: one INSERT that a second sending does not repeat; same server, same database settings."""

from flask import Flask, request
from sqlalchemy import Column, MetaData, String, Table, text

from lsos.app import engine_options
from lsos.db import attach, transaction
from lsos.settings import read_settings

TABLE = Table("bench_floor", MetaData(), Column("uid", String(22), primary_key=True), Column("code", String(64)))
_INSERT = text("INSERT INTO bench_floor (uid, code) VALUES (:uid, :code) ON CONFLICT DO NOTHING")


def floored() -> Flask:
    """Make the application: as little as can take a scan and answer it."""
    app, settings = Flask("floor-insert"), read_settings()
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(settings)
    attach(app)

    @app.post("/")
    def take() -> dict[str, str]:
        """Write one scan down, once."""
        with transaction() as session:
            session.execute(_INSERT, {"uid": request.form["uid"], "code": request.form["code"]})
        return {"result": "admitted"}

    return app
