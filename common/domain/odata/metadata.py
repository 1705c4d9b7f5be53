"""What there is to read, told as OData tells it: the service document and CSDL as XML (OData v4 CSDL)."""

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree

from common.domain.report_tables import Column, Kind, Table

NAMESPACE = "Headrace"
CONTAINER = "Reports"
EDMX = "http://docs.oasis-open.org/odata/ns/edmx"
EDM = "http://docs.oasis-open.org/odata/ns/edm"
CORE = "Org.OData.Core.V1"
CORE_URI = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml"

EDM_TYPES = {
    Kind.TEXT: "Edm.String",
    Kind.WHOLE: "Edm.Int64",
    Kind.DECIMAL: "Edm.Decimal",
    Kind.YES_NO: "Edm.Boolean",
    Kind.INSTANT: "Edm.DateTimeOffset",
    Kind.DAY: "Edm.Date",
}
FACETS = {Kind.DECIMAL: {"Scale": "variable"}, Kind.INSTANT: {"Precision": "3"}}


def service_document(root: str, tables: Iterable[Table]) -> dict[str, Any]:
    sets = [{"name": table.name, "kind": "EntitySet", "url": table.name} for table in tables]
    return {"@odata.context": f"{root}/$metadata", "value": sets}


def metadata(tables: Iterable[Table]) -> bytes:
    """CSDL, in UTF-8."""
    top = ElementTree.Element("edmx:Edmx", {"Version": "4.0", "xmlns:edmx": EDMX})
    reference = ElementTree.SubElement(top, "edmx:Reference", {"Uri": CORE_URI})
    ElementTree.SubElement(reference, "edmx:Include", {"Namespace": CORE})
    services = ElementTree.SubElement(top, "edmx:DataServices")
    schema = ElementTree.SubElement(services, "Schema", {"Namespace": NAMESPACE, "xmlns": EDM})
    container = ElementTree.Element("EntityContainer", {"Name": CONTAINER})
    for table in tables:
        schema.append(entity_type(table))
        named = {"Name": table.name, "EntityType": f"{NAMESPACE}.{table.name}"}
        described(ElementTree.SubElement(container, "EntitySet", named), table.meaning)
    schema.append(container)
    text: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return text


def entity_type(table: Table) -> ElementTree.Element:
    entity = ElementTree.Element("EntityType", {"Name": table.name})
    ElementTree.SubElement(ElementTree.SubElement(entity, "Key"), "PropertyRef", {"Name": table.key})
    for column in table.columns:
        entity.append(edm_property(column))
    return entity


def edm_property(column: Column) -> ElementTree.Element:
    told = {"Name": column.name, "Type": EDM_TYPES[column.kind]} | FACETS.get(column.kind, {})
    told["Nullable"] = "true" if column.nullable else "false"
    element = ElementTree.Element("Property", told)
    described(element, column.meaning)
    return element


def described(element: ElementTree.Element, meaning: str) -> None:
    ElementTree.SubElement(element, "Annotation", {"Term": f"{CORE}.Description", "String": meaning})
