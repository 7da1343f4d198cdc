"""Saved views: a page's filters under a name, one's own or shared with all."""

import pandas as pd
from sqlalchemy import delete as delete_from
from sqlalchemy import insert, or_, select, update

from data.casebook.actor import Actor
from data.casebook.store import Store
from data.casebook.tables import saved_views
from data.errors import InvalidInputError

MAX_QUERY = 4000
LISTED = "view_id owner page name query is_shared updated_at".split()


class SavedViews:
    """Save, list and remove views."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def save(self, actor: Actor, page: str, name: str, query: str, is_shared: bool = False) -> int:
        """Save a page's query string under a name, over an earlier one of one's own; return its ``view_id``."""
        name = name.strip()
        if not 1 <= len(name) <= 64 or not 1 <= len(page) <= 64 or len(query) > MAX_QUERY:
            raise InvalidInputError(f"A view's name has 1 to 64 characters (got {len(name)}), its query {MAX_QUERY:,}.")
        with self.store.write(actor, "view.save") as write:
            if is_shared:
                write.permit("view.share")
            key = {"owner": actor.name, "page": page, "name": name}
            content = {"query": query, "is_shared": is_shared, "updated_at": write.at}
            is_it = (saved_views.c.owner == actor.name) & (saved_views.c.page == page) & (saved_views.c.name == name)
            view_id = write.execute(select(saved_views.c.view_id).where(is_it)).scalar()
            if view_id is None:
                inserted = insert(saved_views).values({**key, **content}).returning(saved_views.c.view_id)
                view_id = write.execute(inserted).scalar_one()
            else:
                write.execute(update(saved_views).where(is_it).values(content))
            write.note(view_id, page=page, name=name, query=query, is_shared=is_shared)
        return int(view_id)

    def list(self, owner: str, page: str | None = None) -> pd.DataFrame:
        """Return one's own views and the shared ones, by name."""
        query = select(*(saved_views.c[name] for name in LISTED)).order_by(saved_views.c.name, saved_views.c.view_id)
        query = query.where(or_(saved_views.c.owner == owner, saved_views.c.is_shared))
        if page is not None:
            query = query.where(saved_views.c.page == page)
        with self.store.read() as connection:
            return pd.DataFrame(connection.execute(query).fetchall(), columns=LISTED)

    def remove(self, actor: Actor, view_id: int) -> None:
        """Remove a view of one's own, or anybody's as an administrator."""
        with self.store.write(actor, "view.remove") as write:
            is_it = saved_views.c.view_id == view_id
            row = write.execute(select(saved_views).where(is_it)).mappings().one_or_none()
            if row is not None and row["owner"] != actor.name:
                write.permit("view.remove_any")
            if row is None:
                raise InvalidInputError(f"There is no view {view_id}.")
            write.execute(delete_from(saved_views).where(is_it))
            write.note(view_id, page=row["page"], name=row["name"], owner=row["owner"])
