"""An example for each body of the OpenAPI document (api.md), made from the serializers so that it cannot go stale."""

from __future__ import annotations

from typing import Any

# What a field of this name looks like in real life; everything else follows its type.
BY_NAME: dict[str, Any] = {
    "name": "Ratna Sari", "email": "ratna@contoh.id", "phone": "081234567890", "password": "Rahasia-sekali-9",
    "new_password": "Lebih-rahasia-7", "store_name": "Madu Nusantara", "store": "madu", "subdomain": "madu-nusantara",
    "hostname": "www.madunusantara.id", "otp": "123456", "token": "dari-tautan-di-email", "refresh_token": "eyJ…",
    "language": "id", "contact_name": "Ratna Sari", "address": "Jl. Silugonggo No. 12, Bakaran Kulon", "district_id": 15780,
    "postal_code": "59185", "street": "Jl. Melati 5 RT 02", "landmark": "dekat masjid", "bank_code": "014",
    "number": "1234567890", "holder": "Ratna Sari", "role_id": 3, "rights": ["orders.view", "orders.edit"],
    "colour": "#0f766e", "whatsapp": "081234567890", "time_zone": "Asia/Jakarta", "form": "madu-hutan", "slug": "madu-hutan",
    "sku": "MADU-250", "price": 50_000, "compare_at_price": 65_000, "cost_price": 30_000, "weight_grams": 350,
    "code": "HEMAT10", "voucher_codes": ["HEMAT10"], "reason": "stok opname", "status": "confirmed", "amount": 65_000,
    "payment_method": "cod", "channel": "BCA", "awb": "IDE987651421", "keyword": "juwana pati", "title": "Madu hutan asli",
    "description": "Dipanen dari hutan, tanpa campuran.", "note": "Titip di pos satpam", "attribute": "Ukuran", "muted": ["jobs"],
    "payment_methods": ["cod", "bank_transfer"], "format": "csv", "courier_quote": "<signed>", "step": "store",
}  # fmt: skip


def with_examples(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """drf-spectacular hook: ``example`` beside the schema of every JSON body that has none of its own."""
    for path in result["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content and "example" not in content and "examples" not in content:
                content["example"] = example_of(content["schema"], result["components"]["schemas"])
    return result


def example_of(schema: dict[str, Any], components: dict[str, Any], name: str = "") -> Any:
    """A value that the schema accepts."""
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rsplit("/", 1)[-1]], components, name)
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            return example_of(schema[key][0], components, name)
    if "enum" in schema:
        known = BY_NAME.get(name)
        return known if known in schema["enum"] else schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        fields = schema.get("properties", {}).items()
        return {field: example_of(part, components, field) for field, part in fields if not part.get("readOnly")}
    known = BY_NAME.get(name)
    if kind == "array":
        return known if isinstance(known, list) else [example_of(schema.get("items", {}), components, name)]
    return known if _fits(known, kind, schema) else _plain(kind, schema)


def _fits(value: Any, kind: str, schema: dict[str, Any]) -> bool:
    if kind == "string":
        dated = schema.get("format") in ("date", "date-time", "binary")
        return isinstance(value, str) and not dated and len(value) <= schema.get("maxLength", len(value))
    return kind == "integer" and isinstance(value, int) and value <= schema.get("maximum", value)


def _plain(kind: str, schema: dict[str, Any]) -> Any:
    if kind == "string":
        return {"date": "2026-06-30", "date-time": "2026-06-30T10:00:00+07:00", "uri": "https://contoh.id/"}.get(
            schema.get("format", ""), "teks"[: schema.get("maxLength", 4)]
        )
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), min(1, schema.get("maximum", 1)))
    return kind == "boolean" or None
