"""The figures of the strategy: each with its definition in words and the pure function that counts it.

Read this beside the catalogue: `FORMULAS` names each indicator that records can give. What is
counted, and when, is said once here:

- a year has the events that begin in it; drafts and cancelled events count nowhere;
- an event was held when its last day is over or somebody has arrived;
- attendance is proved by a scan at the event, at its doors or at a session, never by a registration;
- people and organisations are counted once, however often they come, and the cluster's own
  foundation is not one of the organisations it brings together.
"""

from collections.abc import Mapping
from types import MappingProxyType

from lsos.errors import N_
from lsos.reporting import figures_abroad as abroad
from lsos.reporting import figures_of_events as events
from lsos.reporting import figures_of_organisations as organisations
from lsos.reporting.facts import Formula

_REGISTER = Formula(
    organisations.registered_entities,
    N_(
        "Organisations in the platform's register by the end of the year, each once: cluster partners, and every "
        "organisation for which somebody has held a confirmed registration. The cluster's own foundation is not "
        "counted."
    ),
    N_("The RBW speaks of the Region, so the number with a seat in Małopolska is given beside it."),
)
_ABROAD = Formula(
    abroad.entities_abroad,
    N_("Organisations of the register with a seat in Małopolska whose profile names a market outside Poland."),
    N_("By their own declaration, and as the profiles stand today."),
)
_SEATED_ABROAD = Formula(
    abroad.seated_abroad,
    N_("Organisations of the register with their seat outside Poland, each once."),
    N_("The source's 28 covers three years."),
)
_MET_ABROAD = Formula(
    abroad.companies_from_abroad,
    N_(
        "Companies with a seat outside Poland that held a 1:1 meeting with an organisation from Małopolska in the "
        "year, each once."
    ),
    N_("Only meetings held on this platform are known; the true number is at least this."),
)

#: Every indicator that the records give, by its code in the catalogue.
FORMULAS: Mapping[str, Formula] = MappingProxyType(
    {
        "T9.01.a": _REGISTER,
        "T9.01.b": Formula(
            organisations.cooperating_entities,
            N_(
                "Organisations that are cluster partners, or that came to an event or held a 1:1 meeting in the "
                "year, each once. The cluster's own foundation is not counted."
            ),
            N_("The strategy does not say what cooperating means; this definition is to be agreed with the cluster."),
        ),
        "T9.03.a": Formula(
            abroad.companies_abroad,
            N_("Companies of the register with a seat in Małopolska whose profile names a market outside Poland."),
            N_("By their own declaration, and as the profiles stand today."),
        ),
        "T9.04.a": Formula(
            abroad.interested_from_outside,
            N_(
                "Organisations with a seat outside Małopolska, in Poland or abroad, that registered for an event of "
                "the year and say there what they seek, or asked for a 1:1 meeting, each once."
            ),
            N_("Organisations whose seat is not known are left out; the true number is at least this."),
        ),
        "T9.04.b": Formula(
            abroad.started_from_outside,
            N_(
                "Of the organisations counted under T9.04.a, the share with a 1:1 meeting in the year whose outcome "
                "is a cooperation: cooperation, consortium, pilot, investment or licence."
            ),
            N_(
                "The source sets projects a year beside a percentage and does not say of what, so neither is drawn "
                "as a scale here."
            ),
            is_share=True,
            is_comparable=False,
        ),
        "T9.06.a": Formula(
            events.networking_events,
            N_(
                "Events that the cluster organised and held in the year so that people meet: editions of LSOS, "
                "networking meetings, breakfasts and meetings of thematic groups."
            ),
            N_("Fewer events with more people are what the strategy wants: the target lies below the baseline."),
        ),
        "T9.06.b": Formula(
            events.networking_people,
            N_(
                "People checked in at networking events that the cluster held in the year (editions of LSOS, "
                "networking meetings, breakfasts, meetings of thematic groups), each once, however many events "
                "they came to."
            ),
            N_("The source does not say whether it means people or attendances, so both are given."),
        ),
        "T9.07.a": Formula(
            events.partner_events,
            N_("Events, trainings apart, that cluster partners organised on this platform and held in the year."),
        ),
        "T9.08.a": Formula(
            events.training_programmes,
            N_("Trainings that the cluster held in the year; trainings of one series are one programme."),
        ),
        "T9.08.b": Formula(
            events.training_people,
            N_("People checked in at trainings that the cluster held in the year, each once."),
            N_("The source does not say whether it means people or attendances, so both are given."),
        ),
        "T9.15.a": Formula(
            organisations.financial(organisations.FUNDS | organisations.BANKS | organisations.INSURERS),
            N_(
                "Funds, banks and insurers that are cluster partners, or that came to an event or held a meeting in "
                "the year, each once. Business angels are not counted."
            ),
        ),
        "T9.15.b": Formula(
            organisations.financial(organisations.FUNDS),
            N_("Funds that are cluster partners, or that came to an event or held a meeting in the year, each once."),
        ),
        "T9.15.c": Formula(
            organisations.financial(organisations.BANKS),
            N_("Banks that are cluster partners, or that came to an event or held a meeting in the year, each once."),
        ),
        "T9.15.d": Formula(
            organisations.financial(organisations.INSURERS),
            N_(
                "Insurers that are cluster partners, or that came to an event or held a meeting in the year, each once."
            ),
        ),
        "T9.17.b": Formula(
            abroad.international_listings,
            N_(
                "Offers and requests that participants can read at events of the year, and that cross a border: from "
                "somebody abroad, asked about from abroad, or meant as international cooperation."
            ),
        ),
        "T9.18.a": Formula(
            abroad.international_partners,
            N_("Clusters and networks abroad that say at an event of the year what they offer or seek, each once."),
            N_("By their own declaration. Other partners abroad are given beside it, should the cluster count them."),
        ),
        "T3.01": _REGISTER,
        "T3.03": _ABROAD,
        "T3.04": _SEATED_ABROAD,
        "T8.04": _MET_ABROAD,
        "T10.01": _REGISTER,
        "T10.03": _SEATED_ABROAD,
        "T10.04": _ABROAD,
        "T10.27": _MET_ABROAD,
    }
)
