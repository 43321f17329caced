"""What the scripts say. Kept in Python so that one catalogue holds every sentence of the product."""

from __future__ import annotations

from django.utils.translation import gettext as _


def texts(which: str) -> dict[str, str]:
    shared = {
        "min_ago": _("{n} min ago"),
        "hours_ago": _("{n} hours ago"),
        "days_ago": _("{n} days ago"),
        "just_now": _("just now"),
        "copied": _("Copied"),
        "copy_failed": _("Could not copy. Press and hold the text to copy it."),
        "phone_invalid": _("The WhatsApp number is not valid, example 081234567890"),
        "area_hint": _("Type at least 3 letters of the kecamatan, city or postal code."),
        "area_none": _("No area found. Check the spelling or try the postal code."),
        "area_failed": _("The area list could not be loaded. Check your connection and try again."),
        "area_loading": _("Searching…"),
        "area_count": _("{n} areas found"),
        "required": _("Please fill this in."),
    }
    return shared | (_buyer() if which == "buyer" else _app())


def _app() -> dict[str, str]:
    return {
        "confirm_title": _("Are you sure?"),
        "confirm_yes": _("Yes, continue"),
        "unsaved": _("There are changes you have not saved."),
        "offline": _("No connection. Your change was not sent; try again when you are online."),
        "server_error": _("The server could not finish this. Nothing was changed; try again in a moment."),
        "forbidden": _("Your role does not allow this. Ask the store's owner for access."),
        "session_ended": _("Your session has ended. Log in again to continue."),
        "too_many": _("Too many requests. Wait a moment, then try again."),
        "selected": _("{n} selected"),
        "new_orders": _("{n} new orders, show"),
        "new_order": _("1 new order, show"),
        "checking": _("Checking…"),
        "available": _("Available"),
        "taken": _("Already used."),
        "try_these": _("Try: "),
        "check_failed": _("Could not check right now; it is checked again when you save."),
        "editor_saving": _("Saving…"),
        "editor_saved": _("Draft saved at {time}. Buyers see it after publishing."),
        "editor_live": _("Buyers see exactly this."),
        "editor_typing": _("Not saved yet…"),
        "editor_not_saved": _("Not saved: please check the marked fields."),
        "editor_offline": _("No connection. It is saved as soon as there is one."),
        "editor_elsewhere": _("Changed in another window. Load this page again."),
        "editor_unpublished": _("The draft holds changes that buyers do not see yet."),
        "editor_never": _("Not published yet: buyers do not see it."),
        "editor_published": _("Published."),
        "editor_settings_saved": _("Saved. It counts at once."),
        "editor_up": _("Move {name} up"),
        "editor_down": _("Move {name} down"),
        "editor_remove": _("Take {name} off the page"),
        "editor_picture": _("Picture {n}"),
        "file_too_big": _("The file is larger than {max} MB. Choose a smaller one."),
        "file_not_image": _("Choose a picture: JPG, PNG or WebP."),
    }


def _buyer() -> dict[str, str]:
    return {
        "name_required": _("Please fill in the recipient's name."),
        "phone_required": _("Please fill in a WhatsApp number."),
        "area_required": _("Please choose your area from the list."),
        "street_required": _("Please fill in the street, house number and RT/RW."),
        "items_required": _("Please choose at least one product."),
        "courier_required": _("Please choose a courier."),
        "payment_required": _("Please choose how you pay."),
        "rates_loading": _("Looking up shipping prices…"),
        "rates_failed": _("Shipping prices could not be loaded."),
        "rates_none": _("No courier price for this area yet. You can still order; our team confirms the shipping fee."),
        "rates_first": _("Choose your area to see the shipping price."),
        "estimate": _("estimate"),
        "days": _("{n} days"),
        "recommended": _("Recommended"),
        "more_couriers": _("Other couriers ({n})"),
        "free": _("Free"),
        "goods": _("Products"),
        "shipping": _("Shipping"),
        "plus_shipping": _("not including shipping"),
        "shipping_off": _("Shipping discount"),
        "shipping_later": _("confirmed by our team"),
        "shipping_unknown": _("choose an area first"),
        "method_fee": _("Payment fee"),
        "method_reward": _("Payment reward"),
        "cod_fee": _("COD fee"),
        "insurance": _("Shipping insurance"),
        "voucher": _("Voucher {code}"),
        "voucher_at_order": _("checked when you order"),
        "total": _("Total"),
        "total_estimate": _("Estimated total"),
        "sending": _("Sending your order…"),
        "retrying": _("The connection dropped. Trying again ({n} of 3)…"),
        "lost": _(
            "The connection dropped before we could confirm your order. Press Try Again; it never makes two orders."
        ),
        "out_of_stock": _("Sorry, the stock has just changed: {detail}"),
        "out_of_stock_plain": _("Sorry, this product has just sold out. Please choose another."),
        "quote_expired": _("The shipping price has been renewed. Please check the total, then order again."),
        "form_closed": _("Sorry, this form has just been closed."),
        "confirm_needed": _("Please check your details once more, then press the button again to confirm the order."),
        "fix_fields": _("Some details are still missing. Please check the marked fields."),
        "server_busy": _("Our server is busy. Your order has not been placed; please try again."),
        "voucher_empty": _("Please fill in the voucher code."),
        "email_invalid": _("The e-mail address is not valid, example nama@contoh.com"),
        "preview": _("This is a preview. Use a test order to try the whole way."),
        "voucher_works": _("The voucher takes off {amount}."),
        "voucher_unusable": _("This voucher cannot be used for this order."),
        "expired": _("The payment time has ended."),
        "hours_short": _("{h} h {m} min {s} s"),
    }
