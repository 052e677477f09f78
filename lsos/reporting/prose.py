"""A participation report in words: sentences, titles that state the finding, tables and charts, in one language.

What is written here once is shown by the page, printed in the PDF and written into the workbook,
so that no two of them can disagree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext as _n

from lsos import drawing
from lsos.reporting.document import Cell, Chart, Column, Definition, Document, KeyFigure, Kind, Section, Table
from lsos.reporting.participation import OTHER, UNKNOWN, Group, ParticipationReport, SlotCount, Stage
from lsos.reporting.rules import LEAST
from lsos.taxonomy.rules import GROUP_NAMES, InterestGroup
from lsos.wording import (
    clock,
    country_name,
    day,
    days_between,
    listed,
    number,
    percent,
    plain,
    short_day,
    stamp,
)

#: Sessions that the chart shows; the table has them all.
SESSIONS_SHOWN = 10
#: Hours written under a chart over time, so that they fit on a phone.
LABELS = 7


def write(report: ParticipationReport) -> Document:
    """Put a report into words."""
    parts = (
        _people,
        _arrivals,
        _types,
        _stakeholders,
        _interest_groups,
        _countries,
        _focus_areas,
        _sessions,
        _meetings,
        _slots,
        _outcomes,
        _contacts,
    )
    sections = tuple(section for part in parts if report.registered and (section := part(report)))
    return Document(
        title=_("Participation report"),
        event=plain(report.name),
        tagline=plain(report.tagline),
        facts=tuple(_facts(report)),
        demonstration=_demonstration(report),
        notices=tuple(_notices(report)),
        made=_("Figures as of %(moment)s.", moment=stamp(report.made_at, report.timezone)),
        key_figures=tuple(_key_figures(report)) if report.registered else (),
        sections=sections,
        definitions=tuple(_definitions({section.key for section in sections})),
    )


def _facts(r: ParticipationReport) -> list[tuple[str, str]]:
    facts = [(_("When"), days_between(r.starts_on, r.ends_on))]
    if r.venue:
        facts.append((_("Where"), ", ".join(word for word in (plain(r.venue), plain(r.city)) if word)))
    facts.append((_("Organiser"), r.organiser))
    return facts


def _demonstration(r: ParticipationReport) -> str:
    if not r.moved_days:
        return ""
    words: str = _("Demonstration: the people are invented and the dates are moved. These are no real figures.")
    return words


def _notices(r: ParticipationReport) -> list[str]:
    notices = []
    if r.is_cancelled:
        notices.append(_("This event was cancelled, so none of its figures counts towards an indicator."))
    if r.stage is Stage.BEFORE:
        notices.append(_("The event has not begun. Figures will change until it is over."))
    elif r.stage is Stage.DURING:
        notices.append(_("The event is under way. Figures will change until it is over."))
    if not r.registered:
        notices.append(_("Nobody has registered yet. The report fills as people register, come and meet."))
    return notices


def _key_figures(r: ParticipationReport) -> list[KeyFigure]:
    figures = [KeyFigure(r.placed, _n("person with a place", "people with a place", r.placed))]
    if r.came:
        figures.append(KeyFigure(r.came, _n("person came", "people came", r.came)))
    if r.came and r.show_up_rate is not None:
        figures.append(KeyFigure(r.show_up_rate, _("show-up rate"), is_share=True))
    organisations = r.organisations_came if r.came else r.organisations_placed
    figures.append(KeyFigure(organisations, _n("organisation", "organisations", organisations)))
    m = r.meetings
    if m.held:
        figures.append(KeyFigure(m.held, _n("1:1 meeting held", "1:1 meetings held", m.held)))
    elif m.arranged:
        figures.append(KeyFigure(m.arranged, _n("1:1 meeting arranged", "1:1 meetings arranged", m.arranged)))
    if r.countries > 1:
        figures.append(KeyFigure(r.countries, _n("country", "countries", r.countries)))
    return figures


def _alt(title: str, rows: Sequence[tuple[str, str]]) -> str:
    """Say what a chart shows: its title and every value in it."""
    return title + ": " + "; ".join(f"{label} {written}" for label, written in rows)


def _bar_chart(title: str, rows: Sequence[tuple[str, int]], *, heading: str = "") -> Chart:
    written = [(label, number(value)) for label, value in rows]
    alt = _alt(title, written)
    bars = [drawing.Bar(label, value, number(value)) for label, value in rows]
    return Chart(lambda width: drawing.bars(bars, width=width, title=alt), alt, heading)


def _people(r: ParticipationReport) -> Section:
    """From registration to the table of a 1:1 meeting."""
    m = r.meetings
    rows = [(_("Registered"), r.registered), (_("With a place"), r.placed)]
    if r.came:
        rows.append((_("Came"), r.came))
    if m.arranged:
        rows.append((_("Had a 1:1 meeting arranged"), m.people_arranged))
    if m.held:
        rows.append((_("Held a 1:1 meeting"), m.people_held))
    if r.stage is Stage.BEFORE or not r.came:
        title = _n("%(count)s person has a place", "%(count)s people have a place", r.placed, count=number(r.placed))
    elif r.stage is Stage.DURING:
        title = _n(
            "%(count)s person has come so far, %(share)s of those with a place",
            "%(count)s people have come so far, %(share)s of those with a place",
            r.came,
            count=number(r.came),
            share=percent(r.show_up_rate),
        )
    else:
        title = _n(
            "%(count)s person came, %(share)s of those with a place",
            "%(count)s people came, %(share)s of those with a place",
            r.came,
            count=number(r.came),
            share=percent(r.show_up_rate),
        )
    table = Table(
        (Column(_("Step"), Kind.TEXT), Column(_("People")), Column(_("Share of the registered"), Kind.SHARE)),
        tuple((label, value, value / r.registered) for label, value in rows),
    )
    paragraphs = [_registration_sentences(r)]
    if r.came:
        paragraphs.append(_origin_sentences(r))
    return Section("people", _("People"), title, tuple(paragraphs), (_bar_chart(title, rows),), table)


def _registration_sentences(r: ParticipationReport) -> str:
    said = [
        _n("%(count)s person registered.", "%(count)s people registered.", r.registered, count=number(r.registered))
    ]
    if r.placed:
        said.append(
            _n("%(count)s of them got a place.", "%(count)s of them got a place.", r.placed, count=number(r.placed))
        )
    if r.waiting:
        said.append(
            _n(
                "%(count)s person was left waiting for a decision or a seat.",
                "%(count)s people were left waiting for a decision or a seat.",
                r.waiting,
                count=number(r.waiting),
            )
            if r.stage is Stage.AFTER
            else _n(
                "%(count)s person is waiting for a decision or a seat.",
                "%(count)s people are waiting for a decision or a seat.",
                r.waiting,
                count=number(r.waiting),
            )
        )
    if r.cancelled:
        said.append(
            _n("%(count)s person cancelled.", "%(count)s people cancelled.", r.cancelled, count=number(r.cancelled))
        )
    if r.declined:
        said.append(
            _n(
                "%(count)s registration was declined.",
                "%(count)s registrations were declined.",
                r.declined,
                count=number(r.declined),
            )
        )
    return " ".join(said)


def _origin_sentences(r: ParticipationReport) -> str:
    said = [
        _n(
            "Those who came stood for %(count)s organisation, cluster partners among them: %(partners)s.",
            "Those who came stood for %(count)s organisations, cluster partners among them: %(partners)s.",
            r.organisations_came,
            count=number(r.organisations_came),
            partners=number(r.partners_came),
        )
    ]
    if r.newcomers is not None:
        said.append(
            _n(
                "For %(count)s person it was the first event on this platform, %(share)s of those who came.",
                "For %(count)s people it was the first event on this platform, %(share)s of those who came.",
                r.newcomers,
                count=number(r.newcomers),
                share=percent(r.newcomers / r.came),
            )
        )
    if r.on_several_days:
        said.append(
            _n(
                "%(count)s person came on more than one day.",
                "%(count)s people came on more than one day.",
                r.on_several_days,
                count=number(r.on_several_days),
            )
        )
    return " ".join(said)


@dataclass(frozen=True)
class _Point:
    """One column over the hours of a day."""

    hour: str
    value: int
    whole: int | None
    written: str


def _over_time(title: str, heading: str, points: Sequence[_Point], top: int) -> Chart:
    """Draw columns over the hours of a day; `top` is the largest of all the days beside it."""
    every = max((len(points) - 1) // LABELS + 1, 1)
    highest = max(points, key=lambda point: point.value)
    columns = [
        drawing.Column(
            point.hour if place % every == 0 else "",
            point.value,
            point.written if point is highest else "",
            point.whole,
        )
        for place, point in enumerate(points)
    ]
    alt = _alt(f"{title}, {heading}", [(point.hour, point.written) for point in points])
    return Chart(lambda width: drawing.columns(columns, width=width, top=top, title=alt), alt, heading)


def _opening(words: str) -> str:
    """Begin a line with a capital, where the language writes a day without one."""
    return words[:1].upper() + words[1:]


def _arrivals(r: ParticipationReport) -> Section | None:
    """When people came through the door."""
    if not r.arrivals:
        return None
    busiest = max(r.arrivals, key=lambda one: one.arrivals)
    title = _n(
        "The door was busiest on %(day)s from %(time)s: %(count)s arrival in half an hour",
        "The door was busiest on %(day)s from %(time)s: %(count)s arrivals in half an hour",
        busiest.arrivals,
        day=short_day(busiest.starts_at.date()),
        time=clock(busiest.starts_at, r.timezone),
        count=number(busiest.arrivals),
    )
    by_day = " ".join(
        _n(
            "%(day)s: %(count)s person came.",
            "%(day)s: %(count)s people came.",
            one.came,
            day=_opening(day(one.day)),
            count=number(one.came),
        )
        for one in r.days
    )
    charts = []
    for when, bins in groupby(r.arrivals, key=lambda one: one.starts_at.date()):
        points = [_Point(clock(one.starts_at, r.timezone), one.arrivals, None, number(one.arrivals)) for one in bins]
        charts.append(_over_time(_("Arrivals"), _opening(day(when)), points, busiest.arrivals))
    table = Table(
        (Column(_("Day"), Kind.TEXT), Column(_("From"), Kind.TEXT), Column(_("Arrivals"))),
        tuple((short_day(one.starts_at.date()), clock(one.starts_at, r.timezone), one.arrivals) for one in r.arrivals),
        is_over_time=True,
    )
    return Section(
        "arrivals",
        _("Arrivals"),
        title,
        (by_day,),
        tuple(charts),
        table,
        _("A column is half an hour, and counts each person's first scan of the day."),
    )


def _by_group(
    r: ParticipationReport,
    groups: Sequence[Group],
    *,
    key: str,
    name: str,
    title: Callable[[str, str], str],
    label: Callable[[Group], str],
    more: Sequence[str] = (),
) -> Section | None:
    """One way to split the people with a place: largest group first."""
    named = [group for group in groups if group.key not in {OTHER, UNKNOWN}]
    if not named:
        return None
    largest = max(named, key=lambda group: group.placed)
    headline = title(label(largest), percent(largest.placed / r.placed))
    paragraphs = list(more)
    # A rate of a handful of people says more about them than about their group.
    large = [group for group in named if group.placed >= 2 * LEAST]
    if r.came and r.stage is Stage.AFTER and large:
        most, least = max(large, key=lambda one: one.share), min(large, key=lambda one: one.share)
        if most.share > least.share:
            paragraphs.append(
                _(
                    "The show-up rate was highest here: %(most)s (%(most_share)s), "
                    "and lowest here: %(least)s (%(least_share)s).",
                    most=label(most),
                    most_share=percent(most.share),
                    least=label(least),
                    least_share=percent(least.share),
                )
            )
    if r.came:
        written = [
            (label(one), _("%(came)s of %(placed)s", came=number(one.came), placed=number(one.placed)))
            for one in groups
        ]
        alt = _alt(headline, written)
        portions = [
            drawing.Portion(words, one.came, one.placed, said)
            for one, (words, said) in zip(groups, written, strict=True)
        ]
        chart = Chart(lambda width: drawing.portions(portions, width=width, title=alt), alt)
        legend = _("Dark: came. Light: had a place and did not come.")
        if r.stage is Stage.DURING:
            legend = _("Dark: came so far. Light: has a place and has not come yet.")
    else:
        chart = _bar_chart(headline, [(label(one), one.placed) for one in groups])
        legend = _("People with a place.")
    columns: tuple[Column, ...] = (Column(name, Kind.TEXT), Column(_("With a place")))
    rows: tuple[tuple[Cell, ...], ...] = tuple((label(one), one.placed) for one in groups)
    if r.came:
        columns += (Column(_("Came")), Column(_("Share that came"), Kind.SHARE))
        rows = tuple((label(one), one.placed, one.came, one.share) for one in groups)
    return Section(key, name, headline, tuple(paragraphs), (chart,), Table(columns, rows), legend)


def _label(group: Group) -> str:
    """Name a group in the reader's language."""
    if group.key == OTHER:
        return str(_("All smaller groups together"))
    if group.key == UNKNOWN:
        return str(_("Not stated"))
    return plain(group.name) if group.name else group.key


def _types(r: ParticipationReport) -> Section | None:
    return _by_group(
        r,
        r.by_type,
        key="types",
        name=_("Kind of participation"),
        title=lambda group, share: _(
            "Most common kind of participation: %(group)s, %(share)s", group=group, share=share
        ),
        label=_label,
    )


def _stakeholders(r: ParticipationReport) -> Section | None:
    return _by_group(
        r,
        r.by_stakeholder,
        key="stakeholders",
        name=_("Kind of organisation"),
        title=lambda group, share: _("The largest group by kind: %(group)s, %(share)s", group=group, share=share),
        label=_label,
    )


def _interest_groups(r: ParticipationReport) -> Section | None:
    def label(group: Group) -> str:
        if group.key in {OTHER, UNKNOWN}:
            return _label(group)
        code = InterestGroup(group.key)
        return f"{code} – {_(GROUP_NAMES[code])}"

    return _by_group(
        r,
        r.by_interest_group,
        key="interest-groups",
        name=_("Interest group"),
        title=lambda group, share: _("The largest interest group: %(group)s, %(share)s", group=group, share=share),
        label=label,
        more=[_("The six interest groups are those of the cluster, by an organisation's main activity.")],
    )


def _countries(r: ParticipationReport) -> Section | None:
    if r.countries < 2:
        return None

    def title(group: str, share: str) -> str:
        values = {"count": number(r.countries), "group": group, "share": share}
        words: str = (
            _n(
                "People came from %(count)s country; the largest group: %(group)s, %(share)s",
                "People came from %(count)s countries; the largest group: %(group)s, %(share)s",
                r.countries,
                **values,
            )
            if r.came
            else _n(
                "People register from %(count)s country; the largest group: %(group)s, %(share)s",
                "People register from %(count)s countries; the largest group: %(group)s, %(share)s",
                r.countries,
                **values,
            )
        )
        return words

    def label(group: Group) -> str:
        return _label(group) if group.key in {OTHER, UNKNOWN} else country_name(group.key)

    return _by_group(r, r.by_country, key="countries", name=_("Country"), title=title, label=label)


def _focus_areas(r: ParticipationReport) -> Section | None:
    return _by_group(
        r,
        r.by_focus_area,
        key="focus-areas",
        name=_("Focus area"),
        title=lambda group, share: _("Chosen most often: %(group)s, by %(share)s", group=group, share=share),
        label=lambda group: _("None chosen") if group.key == UNKNOWN else _label(group),
        more=[_("Everybody could choose several focus areas, so the shares add up to more than a whole.")],
    )


def _sessions(r: ParticipationReport) -> Section | None:
    if not r.sessions:
        return None
    first = r.sessions[0]
    if first.signed_up:
        title = _n(
            "The most wanted session: %(session)s, with %(count)s sign-up",
            "The most wanted session: %(session)s, with %(count)s sign-ups",
            first.signed_up,
            session=plain(first.title),
            count=number(first.signed_up),
        )
    else:
        title = _n(
            "The most attended session: %(session)s, with %(count)s person",
            "The most attended session: %(session)s, with %(count)s people",
            first.came,
            session=plain(first.title),
            count=number(first.came),
        )
    said = []
    if r.people_signed_up:
        said.append(
            _n(
                "%(count)s person signed up for at least one session; sign-ups in all: %(signups)s.",
                "%(count)s people signed up for at least one session; sign-ups in all: %(signups)s.",
                r.people_signed_up,
                count=number(r.people_signed_up),
                signups=number(r.signups),
            )
        )
    said += _attendance(r)
    full = [plain(one.title) for one in r.sessions if one.seats is not None and one.signed_up >= one.seats]
    if full:
        said.append(
            _n(
                "This session was full: %(sessions)s.",
                "These sessions were full: %(sessions)s.",
                len(full),
                sessions=listed(full),
            )
        )
    table = Table(
        (
            Column(_("Session"), Kind.TEXT),
            Column(_("Starts"), Kind.TEXT),
            Column(_("Sign-ups")),
            Column(_("Seats")),
            Column(_("Came")),
            Column(_("Did not come")),
        ),
        tuple(
            (
                plain(one.title),
                stamp(one.starts_at, r.timezone) if one.starts_at else "–",
                one.signed_up,
                one.seats,
                one.came or None,
                one.missed,
            )
            for one in r.sessions
        ),
    )
    shown = [(plain(one.title), one.signed_up if first.signed_up else one.came) for one in r.sessions[:SESSIONS_SHOWN]]
    legend = _("A sign-up is a plan to be there, not a proof of it; who came was scanned there.")
    return Section("sessions", _("Sessions"), title, (" ".join(said),), (_bar_chart(title, shown),), table, legend)


def _attendance(r: ParticipationReport) -> list[str]:
    """Say how many were scanned at sessions, and how many of those who signed up did not come."""
    counted = [one for one in r.sessions if one.missed is not None and one.signed_up]
    missed, signed_up = sum(one.missed or 0 for one in counted), sum(one.signed_up for one in counted)
    attended = sum(one.came for one in r.sessions)
    said = []
    if attended:
        said.append(
            _n(
                "%(count)s attendance was scanned at sessions.",
                "%(count)s attendances were scanned at sessions.",
                attended,
                count=number(attended),
            )
        )
    if signed_up:
        said.append(
            _(
                "Of the sign-ups for sessions at which badges were scanned, %(share)s did not come.",
                share=percent(missed / signed_up),
            )
        )
    return said


def _meetings(r: ParticipationReport) -> Section | None:
    """From the request to the table."""
    m = r.meetings
    if not (m.asked or m.arranged):
        return None
    if m.held:
        title = _n(
            "%(count)s 1:1 meeting took place, %(share)s of those arranged",
            "%(count)s 1:1 meetings took place, %(share)s of those arranged",
            m.held,
            count=number(m.held),
            share=percent(m.held / m.arranged),
        )
    else:
        title = _n(
            "%(count)s 1:1 meeting is arranged",
            "%(count)s 1:1 meetings are arranged",
            m.arranged,
            count=number(m.arranged),
        )
    said = []
    if m.asked:
        said.append(
            _n(
                "%(count)s request for a meeting was sent; accepted: %(share)s.",
                "%(count)s requests for a meeting were sent; accepted: %(share)s.",
                m.asked,
                count=number(m.asked),
                share=percent(m.accepted / m.asked),
            )
        )
    if m.by_matching:
        said.append(
            _n(
                "%(count)s meeting was arranged by the matching.",
                "%(count)s meetings were arranged by the matching.",
                m.by_matching,
                count=number(m.by_matching),
            )
        )
    if m.missed:
        said.append(
            _n(
                "%(count)s meeting did not take place because somebody was missing.",
                "%(count)s meetings did not take place because somebody was missing.",
                m.missed,
                count=number(m.missed),
            )
        )
    paragraphs = [" ".join(said)] if said else []
    if m.held:
        paragraphs.append(_tie_sentences(r))
    rows = [
        (_("Requests sent"), m.asked),
        (_("Requests accepted"), m.accepted),
        (_("Meetings arranged"), m.arranged),
        (_("Meetings held"), m.held),
    ]
    rows = [(label, value) for label, value in rows if value]
    table = Table(
        (Column(_("Step"), Kind.TEXT), Column(_("Number"))),
        (*rows, (_("No-shows"), m.missed), (_("Arranged by the matching"), m.by_matching)),
    )
    return Section("meetings", _("1:1 meetings"), title, tuple(paragraphs), (_bar_chart(title, rows),), table)


def _tie_sentences(r: ParticipationReport) -> str:
    m = r.meetings
    said = [
        _n(
            "%(count)s person met somebody at a table; organisations behind them: %(organisations)s.",
            "%(count)s people met somebody at a table; organisations behind them: %(organisations)s.",
            m.people_held,
            count=number(m.people_held),
            organisations=number(m.organisations_held),
        )
    ]
    if m.with_known_groups:
        said.append(
            _n(
                "%(count)s meeting brought two different interest groups together, "
                "%(share)s of those where both are known.",
                "%(count)s meetings brought two different interest groups together, "
                "%(share)s of those where both are known.",
                m.across_groups,
                count=number(m.across_groups),
                share=percent(m.across_groups / m.with_known_groups),
            )
        )
    return " ".join(said)


def _slots(r: ParticipationReport) -> Section | None:
    """When the tables were taken."""
    if not r.meetings.slots:
        return None
    busiest = max(r.meetings.slots, key=lambda one: one.arranged)
    zone = ZoneInfo(r.timezone)
    when = busiest.starts_at.astimezone(zone)
    title = _n(
        "Most tables were taken on %(day)s at %(time)s: %(count)s meeting at once",
        "Most tables were taken on %(day)s at %(time)s: %(count)s meetings at once",
        busiest.arranged,
        day=short_day(when.date()),
        time=clock(when, r.timezone),
        count=number(busiest.arranged),
    )

    def local_day(one: SlotCount) -> date:
        return one.starts_at.astimezone(zone).date()

    has_held = r.meetings.held > 0

    def point(one: SlotCount) -> _Point:
        hour = clock(one.starts_at, r.timezone)
        if not has_held:
            return _Point(hour, one.arranged, None, number(one.arranged))
        written = _("%(held)s of %(arranged)s", held=number(one.held), arranged=number(one.arranged))
        return _Point(hour, one.held, one.arranged, written)

    charts = [
        _over_time(_("1:1 meetings"), _opening(day(on)), [point(one) for one in slots], busiest.arranged)
        for on, slots in groupby(r.meetings.slots, key=local_day)
    ]
    table = Table(
        (Column(_("Day"), Kind.TEXT), Column(_("Time"), Kind.TEXT), Column(_("Arranged")), Column(_("Held"))),
        tuple(
            (short_day(local_day(one)), clock(one.starts_at, r.timezone), one.arranged, one.held)
            for one in r.meetings.slots
        ),
        is_over_time=True,
    )
    legend = _("Dark: held. Light: arranged and not held.") if has_held else _("Meetings arranged for each time.")
    return Section("slots", _("Meeting times"), title, (), tuple(charts), table, legend)


def _outcomes(r: ParticipationReport) -> Section | None:
    if not r.meetings.outcomes:
        return None
    rows = [(plain(one.name), one.meetings) for one in r.meetings.outcomes]
    reported = sum(value for _name, value in rows)
    title = _n(
        "What came of %(count)s meeting, as its people report",
        "What came of %(count)s meetings, as their people report",
        reported,
        count=number(reported),
    )
    said = _(
        "For %(share)s of the meetings held somebody has said what came of them.",
        share=percent(reported / r.meetings.held),
    )
    table = Table((Column(_("Outcome"), Kind.TEXT), Column(_("Meetings"))), tuple(rows))
    return Section("outcomes", _("Outcomes"), title, (said,), (_bar_chart(title, rows),), table)


def _contacts(r: ParticipationReport) -> Section | None:
    """Whom people can still reach, from badge to badge and at stands."""
    c = r.contacts
    said = []
    if c.pairs:
        title = _n(
            "%(count)s pair of people exchanged contacts",
            "%(count)s pairs of people exchanged contacts",
            c.pairs,
            count=number(c.pairs),
        )
    elif c.leads:
        title = _n(
            "Teams at stands noted %(count)s lead",
            "Teams at stands noted %(count)s leads",
            c.leads,
            count=number(c.leads),
        )
    else:
        return None
    if c.people:
        said.append(
            _n(
                "%(count)s person has at least one contact from the event.",
                "%(count)s people have at least one contact from the event.",
                c.people,
                count=number(c.people),
            )
        )
    if c.pairs and c.leads:
        said.append(
            _n(
                "Teams at stands noted %(count)s lead.",
                "Teams at stands noted %(count)s leads.",
                c.leads,
                count=number(c.leads),
            )
        )
    if c.leads:
        said.append(
            _n(
                "%(count)s organisation collected leads.",
                "%(count)s organisations collected leads.",
                c.stands,
                count=number(c.stands),
            )
        )
    if c.agreed:
        said.append(
            _n(
                "With %(count)s lead the visitor agreed to be written to.",
                "With %(count)s leads the visitors agreed to be written to.",
                c.agreed,
                count=number(c.agreed),
            )
        )
    every = [
        (_("Pairs who exchanged contacts"), c.pairs),
        (_("People with at least one contact"), c.people),
        (_("Leads at stands"), c.leads),
        (_("Leads whose visitors agreed"), c.agreed),
    ]
    rows = [(label, value) for label, value in every if value]
    table = Table((Column(_("Contacts"), Kind.TEXT), Column(_("Number"))), tuple(rows))
    legend = _("Numbers below %(least)s are left out, so that nobody can be picked out.", least=LEAST)
    return Section("contacts", _("Contacts"), title, (" ".join(said),), (_bar_chart(title, rows),), table, legend)


def _definitions(keys: set[str]) -> list[Definition]:
    """Explain the words that the sections use."""
    found = [
        Definition(_("Registered"), _("Everybody who ever sent a registration for this event, whatever became of it.")),
        Definition(_("With a place"), _("Registrations that are confirmed, and those of everybody who came.")),
        Definition(
            _("Came"),
            _("People whose badge was scanned at the door on at least one day. A registration alone proves nothing."),
        ),
        Definition(_("Show-up rate"), _("Those who came, as a share of those with a place.")),
    ]
    if keys & {"types", "stakeholders", "interest-groups", "countries", "focus-areas"}:
        found.append(
            Definition(
                _("All smaller groups together"),
                _(
                    "Groups of fewer than %(least)s people are never shown by themselves, "
                    "so that nobody can be picked out.",
                    least=LEAST,
                ),
            )
        )
    if "sessions" in keys:
        found.append(
            Definition(
                _("Did not come to a session"),
                _(
                    "Signed up for a session that is over and at which badges were scanned, and was not scanned there. "
                    "Where no badge was scanned nobody knows."
                ),
            )
        )
    if "contacts" in keys:
        found += [
            Definition(
                _("Exchanged contacts"),
                _(
                    "One scanned the other's badge and both agreed, or both asked for it after a 1:1 meeting. "
                    "A pair counts once, also if one of them took it back later."
                ),
            ),
            Definition(_("Lead"), _("A visitor whose badge was scanned at a stand, once for each organisation.")),
        ]
    if "meetings" in keys:
        found += [
            Definition(_("Meetings arranged"), _("1:1 meetings with a time and a table that were not cancelled.")),
            Definition(
                _("Meetings held"),
                _("Meetings for which both badges were scanned at the table, or which were marked as held."),
            ),
        ]
    return found
