"""The floor of a check-in: one INSERT that a second sending does not repeat; same server, same database settings."""

import os

from flask import Flask, request
from sqlalchemy import Column, MetaData, String, Table, text

from lsos.db import db, transaction

app = Flask("floor-insert")
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get("LSOS_DATABASE_URL", "sqlite://")
db.init_app(app)
TABLE = Table("bench_floor", MetaData(), Column("uid", String(22), primary_key=True), Column("code", String(64)))
_INSERT = text("INSERT INTO bench_floor (uid, code) VALUES (:uid, :code) ON CONFLICT DO NOTHING")


@app.post("/")
def take() -> dict[str, str]:
    """Write one scan down, once."""
    with transaction() as session:
        session.execute(_INSERT, {"uid": request.form["uid"], "code": request.form["code"]})
    return {"result": "admitted"}
