"""What a deal sells, listed and changed."""

from __future__ import annotations

from store.crm.items import ItemKind, ItemRef
from store.rows import ActionRow
from tui.items.host import Host, card_of


async def products(host: Host, item: ItemRef) -> ActionRow | None:
    """List the products of a deal; each change is kept at once. Answers with the last one."""
    from tui.screens.deal_products import DealProductsList

    if item.kind is not ItemKind.DEAL:
        host.say(f"Only a deal has products; this is a {item.kind.value}")
        return None
    card = await card_of(host, item)
    if card is None:
        return None
    return await host.ask(DealProductsList(host, card))
