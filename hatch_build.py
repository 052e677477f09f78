"""A wheel without its front-end files or translations would install and then look broken; it is refused instead."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]  # hatchling's class is generic over untyped parts
    """Checks that `make setup` ran before a wheel is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Stop the build when something is missing; an editable install needs nothing yet."""
        if version == "editable":
            return
        top = Path(self.root)
        for needed in ("static/vendor/.ok", "lsos/translations/pl/LC_MESSAGES/messages.mo"):
            if not (top / needed).exists():
                raise RuntimeError(f"{needed} is missing: run `make setup` first")
