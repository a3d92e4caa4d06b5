"""Taxonomies as data, and the machine tags that cases carry."""

from typing import ClassVar

from django.db import models

from tenants.identifiers import new_id

from .cases import Case


class Taxonomy(models.Model):
    """A vocabulary `namespace` with its source and licence. Shipped ones have no tenant and everybody reads them.

    Sensitivity: public. Retention: as long as it is used.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, null=True, related_name="+")
    namespace = models.CharField(max_length=80)
    version = models.CharField(max_length=20)
    description = models.CharField(max_length=500, blank=True)
    source = models.CharField(max_length=300)
    licence = models.CharField(max_length=300)

    class Meta:
        verbose_name_plural = "taxonomies"
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["tenant", "namespace"], name="taxonomy_once", nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return f"{self.namespace} {self.version}"


class TaxonomyTerm(models.Model):
    """One value `namespace:predicate="value"` with its label; `broader` names the value that contains it.

    Sensitivity: public. Retention: with its taxonomy.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, null=True, related_name="+")
    taxonomy = models.ForeignKey(Taxonomy, on_delete=models.CASCADE, related_name="terms", db_constraint=False)
    predicate = models.CharField(max_length=80)
    value = models.CharField(max_length=200, blank=True)
    label = models.CharField(max_length=300)
    description = models.CharField(max_length=1000, blank=True)
    broader = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["taxonomy", "predicate", "value"], name="term_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class CaseTag(models.Model):
    """A machine tag on a case, and who or what set it, and why.

    Sensitivity: internal. Retention: with the case.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey("tenants.Team", on_delete=models.PROTECT, related_name="+", db_constraint=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tags", db_constraint=False)
    tag = models.CharField(max_length=300)
    set_by = models.CharField(max_length=60)
    reason = models.CharField(max_length=300, blank=True)
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["case", "tag"], name="case_tag_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["tenant", "tag"], name="case_tag_lookup")]

    def __str__(self) -> str:
        return str(self.pk)
