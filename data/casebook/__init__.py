"""The casebook: what people did. Accounts, sessions, labels, cases, runs, preferences, and the log of it all.

It is kept in SQLite or PostgreSQL, written by several processes at once. Every function that writes takes an `Actor`
first, checks the permission of its role, and leaves its entry in the audit log within the same transaction.
"""

from contextlib import suppress
from pathlib import Path

from data.casebook.accounts import Accounts
from data.casebook.actor import Actor
from data.casebook.api_tokens import ApiTokens
from data.casebook.attachments import Attachments
from data.casebook.audit import Audit
from data.casebook.case_lists import CaseLists
from data.casebook.case_mentions import CaseMentions
from data.casebook.case_news import CaseNews
from data.casebook.case_rules import CaseRules
from data.casebook.cases import Cases
from data.casebook.corrective_actions import CorrectiveActions
from data.casebook.engine import create_casebook_engine
from data.casebook.erp_updates import ErpUpdates
from data.casebook.interventions import Interventions
from data.casebook.jobs import Jobs
from data.casebook.knowledge import Knowledge
from data.casebook.labels import Labels
from data.casebook.merges import Merges
from data.casebook.mutes import Mutes
from data.casebook.notification_rules import NotificationRules
from data.casebook.order_checks import OrderChecks
from data.casebook.outbox import Outbox
from data.casebook.pair_reviews import PairReviews
from data.casebook.permission_review import PermissionReview
from data.casebook.plans import Plans
from data.casebook.preferences import Preferences
from data.casebook.procedures import Procedures
from data.casebook.revisions import migrate
from data.casebook.saved_views import SavedViews
from data.casebook.second_opinions import SecondOpinions
from data.casebook.sessions import Sessions
from data.casebook.store import Store
from data.errors import BusyError
from data.safekeeping import restoring
from data.settings import Settings
from data.working_time import WorkingTime
from data.writer_lock import writer_lock

__all__ = ["Actor", "Casebook"]


class Casebook:
    """The casebook's services over one database; safe to share between threads.

    Parameters
    ----------
    store : Store
        The database, at the newest schema.
    settings : Settings
        How long sessions last, in which hours people work, and where changes are sent.
    home : Path
        Where attachments are kept.
    """

    def __init__(self, store: Store, settings: Settings, home: Path) -> None:
        self.store = store
        self.labels = Labels(store)
        self.mutes = Mutes(store)
        self.accounts = Accounts(store)
        self.sessions = Sessions(store, settings)
        self.api_tokens = ApiTokens(store)
        self.audit = Audit(store)
        self.jobs = Jobs(store)
        self.order_checks = OrderChecks(store)
        self.pair_reviews = PairReviews(store)
        self.second_opinions = SecondOpinions(store)
        self.plans = Plans(store)
        self.preferences = Preferences(store)
        self.saved_views = SavedViews(store)
        self.cases = Cases(store, WorkingTime.of(settings))
        self.case_lists = CaseLists(store)
        self.case_rules = CaseRules(store)
        self.case_mentions = CaseMentions(store)
        self.case_news = CaseNews(store)
        self.notification_rules = NotificationRules(store)
        self.outbox = Outbox(store, settings.time_zone)
        self.permission_review = PermissionReview(store)
        self.attachments = Attachments(store, home, settings.attachment_mb)
        self.corrective_actions = CorrectiveActions(store)
        self.procedures = Procedures(store)
        self.merges = Merges(store)
        self.knowledge = Knowledge(store)
        self.interventions = Interventions(store)
        self.erp_updates = ErpUpdates(store, settings)

    @classmethod
    def open(cls, home: Path, settings: Settings) -> "Casebook":
        """Return the casebook of a home folder, created or upgraded as needed."""
        if restoring.is_interrupted(home):
            with suppress(BusyError), writer_lock(home, "finish a restore"):  # busy: another process is at it
                restoring.finish(home)
        engine = create_casebook_engine(home, settings)
        migrate(engine)
        return cls(Store(engine), settings, home)

    def close(self) -> None:
        """Close the connections to the database."""
        self.store.close()
