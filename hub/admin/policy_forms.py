"""Forms for policy documents: YAML or JSON in, a mapping out; a bad text is refused with its line."""

from collections.abc import Mapping
from typing import Any

from django import forms

from hub.lifecycle.models import PolicyVersion, VersionState
from hub.sharing.models import RedactionProfile
from hub.workflows import policy as policies

from .documents import UnreadableDocument, read_document, write_document
from .doors import tenant_of
from .steps import StepForm, paragraph, text


class DocumentForm(StepForm):
    """A policy's document and why it changes."""

    document = paragraph(
        "Document", "YAML or JSON. What cannot be read is refused with the line; nothing changes before a second "
        "person activates it.", max_length=200_000, rows=28,
    )  # fmt: skip
    note = text("Why this change is made", "Shown to whoever decides.", required=False)

    def prepare(self) -> None:
        """Begin with the document as it is."""
        self.fields["document"].widget.attrs["class"] += " cw-wide"
        source = self.find_source()
        if source is not None:
            self.fields["document"].initial = write_document(source)

    def find_source(self) -> Mapping[str, Any] | None:
        """The document to start from: the version's own, or the active one of a policy."""
        if isinstance(self.row, PolicyVersion):
            return dict(self.row.document)
        policy_id = self.row.policy_id if isinstance(self.row, RedactionProfile) else self.row.pk if self.row else None
        if policy_id is None:
            return None
        versions = PolicyVersion.objects.filter(policy_id=policy_id)
        found = versions.filter(state=VersionState.ACTIVE).first() or versions.order_by("-number").first()
        return dict(found.document) if found else None

    def clean_document(self) -> dict[str, Any]:
        """The document as a mapping."""
        try:
            return read_document(self.cleaned_data["document"])
        except UnreadableDocument as problem:
            raise forms.ValidationError(problem.message) from None


class NewTemplateForm(DocumentForm):
    """A grant template that is not there yet."""

    slug = forms.SlugField(label="Short name", max_length=60)
    name = text("Name", max_length=120)
    field_order = ("name", "slug", "document", "note")

    def prepare(self) -> None:
        """Begin with an example that admits next to nothing."""
        super().prepare()
        self.fields["slug"].widget = self.fields["name"].widget.__class__()
        self.fields["document"].initial = write_document({
            "profiles": ["partner"], "ceiling_class": "internal", "ceiling_tlp": "GREEN", "max_days": 30,
            "recipients": [], "purposes": ["ResearchAndDevelopment"],
        })  # fmt: skip


class NewProfileForm(DocumentForm):
    """A redaction profile that is not there yet, begun from one that is."""

    slug = forms.SlugField(label="Short name", max_length=40)
    name = text("Name", max_length=120)
    protection = forms.IntegerField(
        label="Protection", min_value=1, max_value=99, initial=policies.DEFAULT_PROTECTION,
        help_text="Where several grants cover one case, the profile with the higher number counts. Shipped: internal "
        "10, partner 20, public 30.",
    )  # fmt: skip
    field_order = ("name", "slug", "protection", "document", "note")

    def prepare(self) -> None:
        """Begin with the document of the most protective profile."""
        super().prepare()
        plain = self.fields["name"].widget.__class__
        self.fields["slug"].widget, self.fields["protection"].widget = plain(), plain(attrs={"type": "number"})
        strictest = RedactionProfile.objects.filter(tenant_id=tenant_of(self.actor)).order_by("-protection").first()
        if strictest is not None:
            version = strictest.policy.versions.filter(state=VersionState.ACTIVE).first()
            self.fields["document"].initial = write_document(version.document) if version else ""
