"""What may be meant while somebody types: small answers for scripts; pages do without them."""

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from lsos.organisations.queries import suggestions
from lsos.web.limits import SUGGEST, limiter
from lsos.web.session import anyone

bp = Blueprint("suggestions", __name__, url_prefix="/suggest")
bp.before_request(anyone)


@bp.get("/organisations")
@limiter.limit(SUGGEST)
def organisations() -> ResponseReturnValue:
    """Name the organisations that go by a name, a domain or a number typed so far: names and towns, nothing else."""
    found = suggestions(request.args.get("q", "")[:120])
    return jsonify([{"name": one.name, "town": one.city} for one in found])
