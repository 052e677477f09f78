"""Who may see and ask whom: the table of what is narrowed."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from lsos.db import Model
from lsos.registration.right_rules import Right


class TypeRight(Model):
    """People of one kind may do less than ask those of another; without a row they may ask."""

    __tablename__ = "type_right"
    __table_args__ = (CheckConstraint("\"right\" <> 'ask'", name="narrows"),)

    viewer_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True
    )
    other_type_id: Mapped[int] = mapped_column(
        ForeignKey("participation_type.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    right: Mapped[Right]
