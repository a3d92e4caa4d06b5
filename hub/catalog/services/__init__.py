"""Services of the catalog: they write cases and keep what must always hold of them."""

from .attaching import UploadError, add_evidence, add_upload, remove_evidence
from .editing import edit_case, withdraw_case
from .levels import lower_sensitivity, raise_sensitivity
from .restricting import restrict_case, unrestrict_case
from .reviewing import NotIndependent, review_case
from .submitting import submit_case, submit_cases
from .tagging import set_tags
from .taxonomies import import_taxonomy, load_shipped_taxonomies

__all__ = [
    "NotIndependent",
    "UploadError",
    "add_evidence",
    "add_upload",
    "edit_case",
    "import_taxonomy",
    "load_shipped_taxonomies",
    "lower_sensitivity",
    "raise_sensitivity",
    "remove_evidence",
    "restrict_case",
    "review_case",
    "set_tags",
    "submit_case",
    "submit_cases",
    "unrestrict_case",
    "withdraw_case",
]
