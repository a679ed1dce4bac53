"""The tables of the CRM as peewee models: the names and kinds of their columns, as the migrations made them.

Never seen outside the store, never bound to a database: queries run with `.execute(store.crm.records.on(connection))`.
Importing peewee takes 45 ms, so nothing on the way to the first screen imports this module.
"""

from __future__ import annotations

from typing import Final

from peewee import BlobField, CompositeKey, IntegerField, Model, TextField


class Row(Model):
    """What every shareable row has."""

    id = TextField(primary_key=True)
    created_at = IntegerField()
    updated_at = IntegerField()
    created_by = TextField(default="")
    rev = IntegerField(default=1)
    deleted_at = IntegerField(null=True)


class WorkspaceUser(Row):
    """A colleague, or the owner."""

    name = TextField()
    email = TextField()
    aliases = TextField(default="")
    is_admin = IntegerField(default=0)
    is_active = IntegerField(default=1)
    team = TextField(default="")
    edits = TextField(default="seen")
    can_manage = IntegerField(default=0)

    class Meta:
        table_name = "workspace_user"


class Organization(Row):
    """A company we deal with."""

    name = TextField()
    address = TextField(default="")
    owner_id = TextField(default="")
    visible_to = TextField(default="company")
    merged_into = TextField(null=True)

    class Meta:
        table_name = "organization"


class OrganizationDomain(Model):
    """A domain of an organization."""

    organization_id = TextField()
    domain = TextField()

    class Meta:
        table_name = "organization_domain"
        primary_key = CompositeKey("domain", "organization_id")


class Person(Row):
    """Somebody at an organization, or on their own."""

    name = TextField()
    first_name = TextField(default="")
    last_name = TextField(default="")
    title = TextField(default="")
    org_id = TextField(null=True)
    owner_id = TextField(default="")
    visible_to = TextField(default="company")
    time_zone = TextField(default="")
    notes = TextField(default="")
    merged_into = TextField(null=True)

    class Meta:
        table_name = "person"


class PersonEmail(Model):
    """An address of a person."""

    person_id = TextField()
    email = TextField()
    label = TextField(default="")
    is_primary = IntegerField(default=0)
    status = TextField(default="ok")

    class Meta:
        table_name = "person_email"
        primary_key = CompositeKey("email", "person_id")


class PersonPhone(Model):
    """A telephone number of a person."""

    person_id = TextField()
    phone = TextField()
    label = TextField(default="")
    is_primary = IntegerField(default=0)

    class Meta:
        table_name = "person_phone"
        primary_key = CompositeKey("person_id", "phone")


class Pipeline(Row):
    """A way deals go."""

    name = TextField()
    position = IntegerField()

    class Meta:
        table_name = "pipeline"


class Stage(Row):
    """A step of a pipeline."""

    pipeline_id = TextField()
    name = TextField()
    position = IntegerField()
    probability = IntegerField(null=True)
    rotten_days = IntegerField(null=True)

    class Meta:
        table_name = "stage"


class Phase(Row):
    """A step of a project board."""

    board = TextField(default="")
    name = TextField()
    position = IntegerField()

    class Meta:
        table_name = "phase"


class _Work(Row):
    """What deals, leads and projects have in common."""

    title = TextField()
    person_id = TextField(null=True)
    org_id = TextField(null=True)
    value = TextField(null=True)
    currency = TextField(default="")
    status = TextField(default="open")
    owner_id = TextField(default="")
    visible_to = TextField(default="company")
    merged_into = TextField(null=True)


class Lead(_Work):
    """Something that may become a deal."""

    source = TextField(default="")
    converted_deal_id = TextField(null=True)
    expected_close = TextField(null=True)
    closed_at = IntegerField(null=True)

    class Meta:
        table_name = "lead"


class Deal(_Work):
    """Something that may be sold."""

    pipeline_id = TextField(null=True)
    stage_id = TextField(null=True)
    lost_reason = TextField(default="")
    probability = IntegerField(null=True)
    expected_close = TextField(null=True)
    won_at = IntegerField(null=True)
    lost_at = IntegerField(null=True)
    stage_changed_at = IntegerField(null=True)
    archived_at = IntegerField(null=True)
    source_lead_id = TextField(null=True)
    bcc_token = TextField(default="")

    class Meta:
        table_name = "deal"


class DealParticipant(Model):
    """A further person of a deal."""

    deal_id = TextField()
    person_id = TextField()

    class Meta:
        table_name = "deal_participant"
        primary_key = CompositeKey("person_id", "deal_id")


class Project(_Work):
    """Something that was sold and is to be done."""

    phase_id = TextField(null=True)
    start_date = TextField(null=True)
    end_date = TextField(null=True)
    closed_at = IntegerField(null=True)
    archived_at = IntegerField(null=True)
    description = TextField(default="")

    class Meta:
        table_name = "project"


class Product(Row):
    """Something we sell."""

    name = TextField()
    code = TextField(default="")
    unit = TextField(default="")
    price = TextField(null=True)
    currency = TextField(default="")
    tax = TextField(null=True)

    class Meta:
        table_name = "product"


class _About(Row):
    """What belongs to items."""

    deal_id = TextField(null=True)
    lead_id = TextField(null=True)
    project_id = TextField(null=True)
    person_id = TextField(null=True)
    org_id = TextField(null=True)


class Activity(_About):
    """Something done or to be done."""

    type = TextField(default="task")
    subject = TextField()
    note = TextField(default="")
    due_at = IntegerField(null=True)
    duration_min = IntegerField(null=True)
    done_at = IntegerField(null=True)
    entered_at = IntegerField()
    responsible_id = TextField(default="")
    source_email_id = IntegerField(null=True)

    class Meta:
        table_name = "activity"


class Note(_About):
    """Something written down."""

    body = TextField()
    is_pinned = IntegerField(default=0)
    author_id = TextField(default="")

    class Meta:
        table_name = "note"


class Label(Row):
    """A word items are marked with."""

    name = TextField()
    colour = TextField(default="")

    class Meta:
        table_name = "label"


class DealProduct(Model):
    """A product of a deal."""

    deal_id = TextField()
    product_id = TextField()
    quantity = TextField(default="1")
    price = TextField(null=True)
    discount = TextField(null=True)
    tax = TextField(null=True)
    position = IntegerField(default=0)

    class Meta:
        table_name = "deal_product"
        primary_key = CompositeKey("deal_id", "product_id")


class AwaitedLink(Model):
    """A link to a conversation whose mail is not here yet."""

    message_id = TextField(primary_key=True)
    item_kind = TextField()
    item_id = TextField()
    origin = TextField(default="")
    by_user = TextField(default="")
    at = IntegerField(null=True)
    reason = TextField(default="")
    conversation = TextField(default="")

    class Meta:
        table_name = "awaited_link"


class ItemLabel(Model):
    """An item marked with a label."""

    item_kind = TextField()
    item_id = TextField()
    label_id = TextField()

    class Meta:
        table_name = "item_label"
        primary_key = CompositeKey("item_kind", "item_id", "label_id")


class ItemFollower(Model):
    """A user who follows an item."""

    item_kind = TextField()
    item_id = TextField()
    user_id = TextField()

    class Meta:
        table_name = "item_follower"
        primary_key = CompositeKey("item_kind", "item_id", "user_id")


class CustomField(Row):
    """A further field of a kind of item."""

    item_kind = TextField()
    name = TextField()
    type = TextField(default="text")
    choices = TextField(default="[]")
    position = IntegerField(default=0)

    class Meta:
        table_name = "custom_field"


class CustomValue(Model):
    """What an item has in a further field."""

    item_kind = TextField()
    item_id = TextField()
    field_id = TextField()
    value = TextField()

    class Meta:
        table_name = "custom_value"
        primary_key = CompositeKey("item_kind", "item_id", "field_id")


class ClosedPeriod(Model):
    """A time in the past when an item was not open."""

    item_kind = TextField()
    item_id = TextField()
    closed_at = IntegerField()
    reopened_at = IntegerField()

    class Meta:
        table_name = "closed_period"
        primary_key = CompositeKey("item_kind", "item_id", "closed_at")


class ExternalRef(Model):
    """Where a row came from."""

    system = TextField()
    kind = TextField()
    external_id = TextField()
    local_id = TextField()
    hash = BlobField()

    class Meta:
        table_name = "external_ref"
        primary_key = CompositeKey("system", "kind", "external_id")


MODELS: Final[dict[str, type[Model]]] = {
    model._meta.table_name: model
    for model in (
        WorkspaceUser, Organization, OrganizationDomain, Person, PersonEmail, PersonPhone, Pipeline, Stage, Phase,
        Lead, Deal, DealParticipant, DealProduct, AwaitedLink, Project, Product, Activity, Note, Label, ItemLabel, ExternalRef,
        ItemFollower, CustomField, CustomValue, ClosedPeriod,
    )
}  # fmt: skip
