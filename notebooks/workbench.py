"""Where the notebooks work: your own home folder, or a small sample company that is made once and kept."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from data.casebook import Casebook
from data.ingestion.ingest import ingest
from data.sample import make_sample
from data.settings import Settings, load_settings
from data.warehouse import Warehouse
from models.detect import detect

ORDERS = 600


@dataclass(frozen=True)
class Home:
    """The stores of a home folder.

    Attributes
    ----------
    folder : Path
        The home folder.
    warehouse : Warehouse
        The published analytics.
    casebook : Casebook
        What people did.
    settings : Settings
        The settings in force.
    truth : Path, optional
        What is wrong in the sample; None for your own data.
    """

    folder: Path
    warehouse: Warehouse
    casebook: Casebook
    settings: Settings
    truth: Path | None


def open_home(orders: int = ORDERS, seed: int = 0) -> Home:
    """Return ``ORDERLENS_HOME``, or a sample company with a detection run, made on first use."""
    own = os.environ.get("ORDERLENS_HOME")
    if own:
        folder = Path(own)
        settings = load_settings(folder)
        return Home(folder, Warehouse(folder, settings), Casebook.open(folder, settings), settings, None)
    base = Path(os.environ.get("ORDERLENS_NOTEBOOKS") or tempfile.gettempdir()) / f"orderlens-notebooks-{orders}-{seed}"
    folder, sample, settings = base / "home", base / "sample", Settings()
    warehouse, casebook = Warehouse(folder, settings), Casebook.open(folder, settings)
    truth = base / "sample-truth"
    if warehouse.version() is None:
        make_sample(sample, orders=orders, seed=seed)
        ingest(warehouse, settings, str(sample))
        detect(warehouse, casebook, settings)
    return Home(folder, warehouse, casebook, settings, truth)
