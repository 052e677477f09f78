"""LSOS: the open-innovation forum, from registration to the report on its indicators."""

__version__ = "0.1.0"
