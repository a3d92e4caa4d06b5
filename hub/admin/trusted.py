"""Trusted documents: what an officer lets clients of his tenant ask, and whether they may ask anything else."""

from typing import Any, ClassVar

from django.contrib import admin

from hub.workflows import documents
from tenants.models import Tenant

from .base import GovernedAdmin
from .doors import AUDITORS, OFFICERS, tenant_of
from .people import name_of
from .steps import Step, StepForm, paragraph, text, tick


class DocumentForm(StepForm):
    """A document, as a client will send it."""

    name = text("Name", "For people: which client sends it, and what for.", max_length=120)
    text = paragraph(
        "Document", "The GraphQL text, to the letter: its SHA-256 is what clients send.", max_length=20_000, rows=12
    )

    def prepare(self) -> None:
        """Blanks at the ends count in the hash."""
        self.fields["text"].strip = False  # type: ignore[attr-defined]

    def clean_text(self) -> str:
        """Browsers send other ends of lines than people have in their files."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


class RequireForm(StepForm):
    """Whether other documents are refused."""

    is_required = tick("Refuse other documents", "For every client of this organisation; officers here may still ask.")

    def prepare(self) -> None:
        """Show how it is now."""
        tenant = Tenant.objects.filter(pk=tenant_of(self.actor)).first()
        self.fields["is_required"].initial = bool(tenant and tenant.requires_trusted_documents)


class TrustedDocumentAdmin(GovernedAdmin):
    """The documents of one tenant."""

    section, icon, title = "Sharing", "task", "Trusted documents"
    explanation = (
        "A GraphQL document that an officer has looked at. Clients send its hash instead of its text. Where trusted "
        "documents are required, everything else that a client of this organisation sends is refused, and on record."
    )
    viewed_by = OFFICERS | AUDITORS
    list_display = ("name", "digest", "trusted_by_name", "created_at", "retired_at")
    fields = ("id", "name", "digest", "text", "trusted_by_name", "created_at", "retired_at")
    readonly_fields = fields
    sortable_by: ClassVar[tuple[str, ...]] = ()
    ordering = ("name",)
    steps = (
        Step(
            name="new",
            label="Trust a document",
            explanation="Clients of this organisation may send it from now on. One that was retired is trusted again.",
            run=lambda actor, row, given: documents.trust_document(actor, name=given["name"], text=given["text"]),
            roles=OFFICERS,
            form=DocumentForm,
            on_row=False,
        ),
        Step(
            name="require",
            label="Require trusted documents",
            explanation="Says whether clients may send anything else. It holds from the next request on.",
            run=lambda actor, row, given: documents.require_documents(actor, is_required=given["is_required"]),
            roles=OFFICERS,
            form=RequireForm,
            on_row=False,
            is_grave=True,
        ),
        Step(
            name="retire",
            label="Retire",
            explanation="Clients may send it no more, from the next request on.",
            run=lambda actor, row, given: documents.retire_document(actor, document_id=row.pk),
            roles=OFFICERS,
            is_offered=lambda row, actor: row.retired_at is None,
        ),
    )

    def get_queryset(self, request: Any) -> Any:
        """With the name of who trusts it."""
        return super().get_queryset(request).annotate(trusted_by_shown=name_of("trusted_by"))

    @admin.display(description="Trusted by")
    def trusted_by_name(self, row: Any) -> str:
        """Who looked at it."""
        return row.trusted_by_shown or row.trusted_by
