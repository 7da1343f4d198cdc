"""What reviewers said about pairs of orders that look the same. Append-only: a change of mind is a new row."""

import pandas as pd
from sqlalchemy import func, insert, select

from data.casebook.actor import Actor
from data.casebook.store import Store
from data.casebook.tables_of_entry import pair_reviews
from data.errors import InvalidInputError, UnknownNameError

VERDICTS = ("match", "distinct", "unsure")
LISTED = "order_id duplicate_of verdict probability by at".split()


class PairReviews:
    """Keep and read verdicts on pairs."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def add(
        self, actor: Actor, order_id: str, duplicate_of: str, verdict: str, probability: float | None = None
    ) -> int:
        """Say whether two orders are one; return the ``review_id``.

        Parameters
        ----------
        actor : Actor
            Who judges.
        order_id, duplicate_of : str
            The later order and the earlier.
        verdict : str
            One of `VERDICTS`.
        probability : float, optional
            How likely it was shown to be.

        Returns
        -------
        int
            The row's identifier.
        """
        if verdict not in VERDICTS:
            raise UnknownNameError("verdict", verdict, VERDICTS)
        if not order_id or not duplicate_of or order_id == duplicate_of:
            raise InvalidInputError("A pair is two different orders.")
        row = {"order_id": order_id, "duplicate_of": duplicate_of, "verdict": verdict, "probability": probability}
        with self.store.write(actor, "pair.review") as write:
            inserted = insert(pair_reviews).values({**row, "by": actor.name, "at": write.at})
            review_id = int(write.execute(inserted.returning(pair_reviews.c.review_id)).scalar_one())
            write.note(review_id, **row)
        return review_id

    def current(self) -> pd.DataFrame:
        """Return the latest verdict on each pair."""
        latest = select(func.max(pair_reviews.c.review_id)).group_by(
            pair_reviews.c.order_id, pair_reviews.c.duplicate_of
        )
        query = select(*(pair_reviews.c[name] for name in LISTED)).where(pair_reviews.c.review_id.in_(latest))
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)

    def generation(self) -> int:
        """Return a number that grows with every verdict, to key caches by."""
        with self.store.read() as connection:
            return int(connection.execute(select(func.max(pair_reviews.c.review_id))).scalar() or 0)
