"""Who may do what: one table, and what is not in it is denied.

Every function that writes to the casebook names its action here and is checked by `require`; pages and routes may ask
`allows` beforehand, to hide what would be refused.
"""

from data.casebook.actor import NOBODY, Actor
from data.errors import PermissionDeniedError, UnknownNameError
from data.vocabulary import ROLES

EVERYBODY = frozenset(ROLES)
ADMIN = frozenset({"admin"})
MANAGERS = frozenset({"manager", "admin"})
REVIEWERS = frozenset({"analyst", "planner", "manager", "admin"})
OPERATORS = frozenset({"analyst", "planner", "order_entry", "manager", "admin"})
DESK = frozenset({"analyst", "order_entry", "manager", "admin"})
PLANNERS = frozenset({"planner", "manager", "admin"})
SIGNING_IN = frozenset({NOBODY})

PERMISSIONS: dict[str, frozenset[str]] = {
    # judging findings
    "label.add": REVIEWERS,
    "label.undo": REVIEWERS,
    "label.undo_any": MANAGERS,
    "opinion.ask": REVIEWERS,
    "mute.add": REVIEWERS,
    "mute.revoke": REVIEWERS,
    "mute.revoke_any": MANAGERS,
    # data and runs
    "data.ingest": REVIEWERS,
    "data.detect": REVIEWERS,
    "data.export": EVERYBODY,
    "data.roll_back": ADMIN,
    "order.check": OPERATORS,
    "training.read": MANAGERS,  # who errs: for those who train, nobody else
    "order.enter": OPERATORS,
    "pair.review": REVIEWERS,
    "job.start": REVIEWERS,
    "job.cancel": REVIEWERS,
    "job.cancel_any": MANAGERS,
    "backup.make": ADMIN,
    "backup.restore": ADMIN,
    # casework; who may move a case from where to where is in data/casebook/case_states.py
    "case.open": OPERATORS,
    "case.move": OPERATORS,
    "case.take": OPERATORS,
    "case.assign": REVIEWERS,
    "case.set_due": MANAGERS,
    "case.comment": OPERATORS,
    "case.see_mentions": EVERYBODY,
    "case.attach": OPERATORS,
    "case.detach": OPERATORS,
    "case.detach_any": MANAGERS,
    "case.plan_action": OPERATORS,
    "case.finish_action": OPERATORS,
    "procedure.edit": MANAGERS,
    "merge.make": DESK,
    "merge.undo": DESK,
    "merge.undo_any": MANAGERS,
    "erp.request": DESK,
    "erp.cancel": DESK,
    "erp.deliver": DESK,
    "case.set_rules": MANAGERS,
    # planning: causes of shortages, reorders, scarce stock
    "plan.cause": PLANNERS,
    "plan.reorder": PLANNERS,
    "plan.allocation": PLANNERS,
    "plan.undo": PLANNERS,
    "plan.undo_any": MANAGERS,
    # accounts
    "account.add": ADMIN,
    "account.set_role": ADMIN,
    "account.set_password": ADMIN,
    "account.set_own_password": EVERYBODY,
    "account.issue_password_token": ADMIN,
    "account.use_password_token": SIGNING_IN,
    "account.disable": ADMIN,
    "account.enable": ADMIN,
    "account.add_demo_users": ADMIN,
    "account.issue_first_admin_token": ADMIN,
    "account.add_first_admin": SIGNING_IN,
    # signing in
    "session.start": SIGNING_IN,
    "session.refuse": SIGNING_IN,
    "session.revoke": EVERYBODY,
    "session.revoke_any": ADMIN,
    "token.add": ADMIN,
    "token.revoke": ADMIN,
    "review.sign_off": ADMIN,
    # improving
    "intervention.add": MANAGERS,
    "intervention.change": MANAGERS,
    "intervention.withdraw": MANAGERS,
    # telling people
    "notification.set_rule": MANAGERS,
    "notification.remove_rule": MANAGERS,
    "notification.queue": REVIEWERS,
    "notification.send": REVIEWERS,
    "notification.resend": MANAGERS,
    # what people set
    "preference.set": EVERYBODY,
    "preference.set_for_all": ADMIN,
    "view.save": EVERYBODY,
    "view.share": REVIEWERS,
    "view.remove": EVERYBODY,
    "view.remove_any": ADMIN,
}


def allows(role: str, action: str) -> bool:
    """Return whether a role may do an action."""
    if action not in PERMISSIONS:
        raise UnknownNameError("action", action, PERMISSIONS)
    return role in PERMISSIONS[action]


def require(actor: Actor, action: str) -> None:
    """Raise `PermissionDeniedError` unless the actor's role may do ``action``."""
    if not allows(actor.role, action):
        allowed = ", ".join(sorted(PERMISSIONS[action] - {NOBODY})) or "nobody who is signed in"
        raise PermissionDeniedError(
            f"{actor.name or 'Nobody'} may not do {action} as {actor.role or 'no role'}. Allowed: {allowed}."
        )
