"""A run of the matching in words: what it is asked, how far it is, and the proof of what it found."""

from dataclasses import dataclass
from math import floor
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField
from wtforms.validators import InputRequired, NumberRange

from lsos.drawing import Bar, bars
from lsos.matchmaking.scheduling import Why
from lsos.scheduling.models import MatchingRun
from lsos.scheduling.rules import DIAL, FIRST, SPREAD, UNDER_WAY, RunSettings, RunState
from lsos.web.forms import Needed, PageForm, options
from lsos.wording import number, percent

#: People with so many meetings or more are one row of the chart.
MANY = 6
#: So much more may be tried: beyond it nothing is learned.
MORE_TABLES, MORE_SLOTS = 500, 12


class RunForm(PageForm):
    """What a run is asked."""

    seconds = SelectField(
        _l("How long to look"),
        choices=options(
            ("5", _l("5 seconds: a first look")),
            ("20", _l("20 seconds: better days")),
            ("60", _l("60 seconds: the last word")),
        ),
        default="5",
    )
    dial = SelectField(
        _l("Fairness"),
        choices=options(
            ("0", _l("0: only how well people fit")),
            ("0.1", "0.1"),
            ("0.2", "0.2"),
            ("0.3", _l("0.3: usual")),
            ("0.5", "0.5"),
            ("0.7", "0.7"),
            ("1", _l("1: two meetings for everybody come first")),
        ),
        default=str(DIAL),
    )
    leeway = SelectField(
        _l("Give up for days with fewer waits"),
        choices=options(
            ("0", _l("nothing")),
            ("0.001", _l("up to a thousandth of the score")),
            ("0.01", _l("up to a hundredth of the score")),
            ("0.03", _l("up to three hundredths of the score")),
        ),
        default="0.001",
    )
    spread = SelectField(
        _l("Spread the suggestions"),
        choices=options(
            ("0", _l("0: whoever fits best, however often")),
            ("0.25", "0.25"),
            ("0.5", _l("0.5: usual")),
            ("0.75", "0.75"),
            ("1", _l("1: everybody about equally often")),
        ),
        default=str(SPREAD),
    )

    @property
    def chosen(self) -> RunSettings:
        """Give what was chosen."""
        return RunSettings(
            seconds=float(self.seconds.data),
            dial=float(self.dial.data),
            leeway=float(self.leeway.data),
            spread=float(self.spread.data),
        )


def _more(label: Any, most: int, **more: Any) -> IntegerField:
    wrong = _l("Write a whole number from 0 to %(most)s.", most=most)
    return IntegerField(label, [InputRequired(wrong), NumberRange(0, most, wrong), Needed()], default=0, **more)


class TrialForm(PageForm):
    """What would be different."""

    more_tables = _more(_l("More tables"), MORE_TABLES)
    slots_a_block = _more(_l("More slots at the end of each block"), MORE_SLOTS)
    slots_a_day = _more(_l("More slots at the end of each day"), MORE_SLOTS)

    @property
    def chosen(self) -> RunSettings:
        """Give what is to be tried."""
        return RunSettings(
            seconds=5.0,
            more_tables=self.more_tables.data or 0,
            slots_a_block=self.slots_a_block.data or 0,
            slots_a_day=self.slots_a_day.data or 0,
        )


@dataclass(frozen=True)
class Told:
    """A run that has no figures, in words: one under way, or one that came to nothing."""

    run: MatchingRun

    @property
    def is_under_way(self) -> bool:
        """Say whether it is still to come to something."""
        return self.run.state in UNDER_WAY

    @property
    def words(self) -> str:
        """Say where it stands."""
        if self.run.failure is not None:
            return str(gettext(self.run.failure.words))
        if self.is_under_way and self.run.cancel_asked:
            return str(gettext("It ends as soon as it can."))
        return str(gettext(self.run.state.words))

    @property
    def so_far(self) -> str:
        """Say what it has found so far."""
        gap = self.run.progress.get("gap")
        if self.run.state is not RunState.RUNNING or gap is None:
            return ""
        return str(
            gettext(
                "So far the schedule is at most %(gap)s below what is possible, with %(breaks)s waits.",
                gap=percent(gap, 1),
                breaks=number(self.run.progress["breaks"]),
            )
        )


@dataclass(frozen=True)
class Findings:
    """The figures of a run, in words and as a chart."""

    run: MatchingRun

    @property
    def _of(self) -> dict[str, Any]:
        return self.run.summary

    @property
    def coverage(self) -> dict[int, int]:
        """Give how many people have how many meetings, from none on."""
        counted = {int(meetings): people for meetings, people in self._of["coverage"].items()}
        return {meetings: counted.get(meetings, 0) for meetings in range(max([*counted, 2]) + 1)}

    @property
    def chart(self) -> str:
        """Draw how many people have none, one, two … meetings; from six on they are one bar."""
        rows = []
        for meetings, people in self.coverage.items():
            if meetings < MANY:
                label = ngettext("%(num)s meeting", "%(num)s meetings", meetings) if meetings else gettext("no meeting")
                rows.append(Bar(str(label), people, number(people)))
        many = sum(people for meetings, people in self.coverage.items() if meetings >= MANY)
        if many:
            rows.append(Bar(str(gettext("%(least)s meetings and more", least=MANY)), many, number(many)))
        spoken = "; ".join(f"{row.label}: {row.written}" for row in rows)
        return bars(rows, title=str(gettext("How many people have how many meetings. %(rows)s", rows=spoken)))

    @property
    def headline(self) -> str:
        """Say what the chart shows."""
        nobody, people = self.coverage[0], self._of["people"]
        if not people:
            return str(gettext("Nobody takes part in 1:1 meetings yet"))
        if not nobody:
            return str(gettext("Everybody has a meeting"))
        return str(
            ngettext(
                "%(num)s person of %(all)s has no meeting",
                "%(num)s people of %(all)s have no meeting",
                nobody,
                all=number(people),
            )
        )

    @property
    def proof(self) -> str:
        """Say how near the schedule is to what no schedule can exceed."""
        value, bound = self._of["value"], self._of["bound"]
        if not bound:
            return str(gettext("There was nothing to plan."))
        if value >= bound:
            return str(gettext("No schedule can be worth more than this one."))
        return str(
            gettext(
                "The schedule is worth %(value)s. No schedule can be worth more than %(bound)s, "
                "so at least %(share)s of what is possible is reached: at most %(gap)s is missing.",
                value=number(value, 1),
                bound=number(bound, 1),
                share=percent(floor(value / bound * 1000) / 1000, 1),
                gap=percent(1 - floor(value / bound * 1000) / 1000, 1),
            )
        )

    @property
    def kept(self) -> str:
        """Say how many of the agreed requests have a place, and how many could; nothing where there were none."""
        agreed, kept, most = self._of["agreed"], self._of.get("musts", 0), self._of.get("musts_bound", 0)
        if not agreed:
            return ""
        if kept >= agreed:
            return str(gettext("Every agreed request has a place."))
        if kept >= most:
            return str(
                gettext(
                    "Agreed requests with a place: %(kept)s of %(agreed)s. No schedule can give more of them one.",
                    agreed=number(agreed),
                    kept=number(kept),
                )
            )
        return str(
            gettext(
                "Agreed requests with a place: %(kept)s of %(agreed)s. No schedule can give more than %(most)s one.",
                agreed=number(agreed),
                kept=number(kept),
                most=number(most),
            )
        )

    @property
    def waits(self) -> str:
        """Say how many waits there are beside the fewest there can be; nothing of runs that did not count them."""
        breaks, least = self._of["breaks"], self._of.get("least_breaks")
        if least is None:
            return ""
        if breaks <= least:
            return str(gettext("With so many meetings for each, no schedule has fewer waits between meetings."))
        return str(
            gettext(
                "People wait %(breaks)s times between two meetings of a day. "
                "With so many meetings for each, it is proved that %(least)s of these waits cannot be avoided.",
                breaks=number(breaks),
                least=number(least),
            )
        )

    @property
    def day_wishes(self) -> str:
        """Say of how many people the wishes for their days are kept; nothing where nobody has any."""
        wishing = self._of.get("day_wishes", 0)
        if not wishing:
            return ""
        return str(
            ngettext(
                "%(num)s person wishes something for their days. All of it is kept for %(kept)s.",
                "%(num)s people wish something for their days. All of it is kept for %(kept)s.",
                wishing,
                kept=number(wishing - self._of["day_wishes_unkept"]),
            )
        )

    @property
    def asked(self) -> str:
        """Say what the run was asked."""
        chosen = RunSettings.of(self.run.settings)
        return str(
            gettext(
                "It looked for %(seconds)s seconds, with fairness at %(dial)s of 1.",
                seconds=number(chosen.seconds, 1),
                dial=number(chosen.dial, 1),
            )
        )

    @property
    def spread(self) -> str:
        """Say how evenly the run suggested people, and what that costs; nothing of runs that did not measure it."""
        found = self.exposures
        here = next((each for each in found if each["dial"] == RunSettings.of(self.run.settings).spread), None)
        if here is None or not here["most"]:
            return ""
        even = found[0]
        if here is even:
            return str(
                ngettext(
                    "The most suggested is among the first %(first)s of %(num)s person. "
                    "Suggestions are not spread: everybody reads who fits best.",
                    "The most suggested is among the first %(first)s of %(num)s people. "
                    "Suggestions are not spread: everybody reads who fits best.",
                    here["most"],
                    first=FIRST,
                )
            )
        return str(
            ngettext(
                "The most suggested is among the first %(first)s of %(num)s person, without spreading of %(before)s. "
                "For that, the suggestions fit %(loss)s less well.",
                "The most suggested is among the first %(first)s of %(num)s people, without spreading of %(before)s. "
                "For that, the suggestions fit %(loss)s less well.",
                here["most"],
                first=FIRST,
                before=number(even["most"]),
                loss=percent(here["loss"], 1),
            )
        )

    @property
    def exposures(self) -> list[dict[str, Any]]:
        """Give what each position of the dial that spreads suggestions does and costs."""
        return list(self._of.get("exposures", ()))

    @property
    def unmet_requests(self) -> list[str]:
        """Say why people who both said yes do not meet."""
        return _reasons(self._of["unmet"]["requests"])

    @property
    def unmet_matches(self) -> list[str]:
        """Say why good matches do not meet."""
        return _reasons(self._of["unmet"]["matches"])


def _reasons(counts: dict[str, int]) -> list[str]:
    """Put the reasons of unmet wishes into sentences, the most frequent first."""
    return [_reason(Why(why), count) for why, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def _reason(why: Why, count: int) -> str:
    match why:
        case Why.NO_COMMON_SLOT:
            words = ngettext(
                "%(pairs)s pair has no free slot in common.",
                "%(pairs)s pairs have no free slot in common.",
                count,
                pairs=number(count),
            )
        case Why.PERSON_FULL:
            words = ngettext(
                "In %(pairs)s pair somebody has as many meetings as allowed.",
                "In %(pairs)s pairs somebody has as many meetings as allowed.",
                count,
                pairs=number(count),
            )
        case Why.TABLES_FULL:
            words = ngettext(
                "For %(pairs)s pair every table is taken whenever both are free.",
                "For %(pairs)s pairs every table is taken whenever both are free.",
                count,
                pairs=number(count),
            )
        case _:
            words = ngettext(
                "For %(pairs)s pair other meetings at the same time are worth more.",
                "For %(pairs)s pairs other meetings at the same time are worth more.",
                count,
                pairs=number(count),
            )
    return str(words)


def why_in_words(why: Why) -> str:
    """Say to an organiser why two people do not meet."""
    match why:
        case Why.NO_COMMON_SLOT:
            words = gettext("No free slot in common.")
        case Why.PERSON_FULL:
            words = gettext("One of the two has as many meetings as allowed.")
        case Why.TABLES_FULL:
            words = gettext("Every table is taken whenever both are free.")
        case _:
            words = gettext("Whenever both are free, other meetings are worth more.")
    return str(words)


def why_for_the_two(why: Why) -> str:
    """Say to one of two people why a schedule brings them to no table; of the other it tells nothing."""
    match why:
        case Why.NO_COMMON_SLOT:
            words = gettext("When the schedule was made, the two of you had no free time in common.")
        case Why.PERSON_FULL:
            words = gettext("When the schedule was made, one of you had as many meetings as allowed.")
        case Why.TABLES_FULL:
            words = gettext("When the schedule was made, every table was taken whenever you were both free.")
        case _:
            words = gettext("When the schedule was made, one of you had another meeting whenever you were both free.")
    return str(words)


@dataclass(frozen=True)
class Trial:
    """What came of a trial: what is, and what would be."""

    run: MatchingRun

    @property
    def asked(self) -> list[str]:
        """Say what would be different."""
        chosen = RunSettings.of(self.run.settings)
        said = []
        if chosen.more_tables:
            said.append(ngettext("%(num)s table more", "%(num)s tables more", chosen.more_tables))
        if chosen.slots_a_block:
            said.append(
                ngettext("%(num)s slot more in each block", "%(num)s slots more in each block", chosen.slots_a_block)
            )
        if chosen.slots_a_day:
            said.append(ngettext("%(num)s slot more on each day", "%(num)s slots more on each day", chosen.slots_a_day))
        return [str(each) for each in said]

    @property
    def gains(self) -> list[str]:
        """Say what it would bring, in meetings and in people."""
        now, then = self.run.result["now"], self.run.result["then"]
        meetings, without = then["meetings"] - now["meetings"], then["without"] - now["without"]
        if meetings > 0:
            first = ngettext("%(num)s meeting more.", "%(num)s meetings more.", meetings)
        elif meetings < 0:
            first = ngettext("%(num)s meeting fewer.", "%(num)s meetings fewer.", -meetings)
        else:
            first = gettext("Not one meeting more.")
        if without < 0:
            second = ngettext(
                "%(num)s person fewer without a meeting.", "%(num)s people fewer without a meeting.", -without
            )
        elif without > 0:
            second = ngettext(
                "%(num)s person more without a meeting.", "%(num)s people more without a meeting.", without
            )
        else:
            second = gettext("As many people without a meeting.")
        return [str(first), str(second)]
