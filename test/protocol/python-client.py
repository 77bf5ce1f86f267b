"""Calls the service with stubs that protoc generated from the contracts: PORT TOKEN, prints one JSON document."""

import json
import sys

import grpc
from google.rpc import error_details_pb2, status_pb2
from statutetudiant.lookup.v1 import lookup_pb2, lookup_pb2_grpc
from statutetudiant.statistics.v1 import statistics_pb2, statistics_pb2_grpc
from statutetudiant.token.v1 import token_pb2, token_pb2_grpc

port, token = sys.argv[1:]
RECIPIENT = "13002526500013"
DETAILS = [error_details_pb2.ErrorInfo, error_details_pb2.BadRequest]


def failure(call, request, metadata):
    """Code, message and rich details of a call that must fail."""
    try:
        call(request, metadata=metadata, timeout=5)
    except grpc.RpcError as error:
        trailers = dict(error.trailing_metadata())
        status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
        found = {"code": error.code().name, "message": error.details(), "status": status.code}
        for detail in status.details:
            for kind in DETAILS:
                message = kind()
                if detail.Unpack(message):
                    found[kind.__name__] = message
        info, fields = found.pop("ErrorInfo"), found.pop("BadRequest", None)
        found["reason"] = info.reason
        found["fields"] = [] if fields is None else [each.field for each in fields.field_violations]
        return found
    raise AssertionError("the call was answered")


with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
    metadata = [("authorization", f"Bearer {token}")]
    lookup = lookup_pb2_grpc.LookupServiceStub(channel)
    by_ine, headers = lookup.LookupByIne.with_call(
        lookup_pb2.LookupByIneRequest(ine="951242368cr", recipient=RECIPIENT), metadata=metadata, timeout=5
    )
    by_identity = lookup.LookupByIdentity(
        lookup_pb2.LookupByIdentityRequest(
            birth_name="bécker",
            given_names=["Valirianne"],
            birth_date="2000-01-01",
            sex=lookup_pb2.SEX_FEMALE,
            recipient=RECIPIENT,
        ),
        metadata=metadata,
        timeout=5,
    )
    known = token_pb2_grpc.TokenServiceStub(channel).Introspect(
        token_pb2.IntrospectRequest(), metadata=metadata, timeout=5
    )
    usage = statistics_pb2_grpc.StatisticsServiceStub(channel).GetTokenUsage(
        statistics_pb2.GetTokenUsageRequest(), metadata=metadata, timeout=5
    )
    nobody = lookup_pb2.LookupByIneRequest(ine="00000000000", recipient=RECIPIENT)
    bad = lookup_pb2.LookupByIneRequest(ine="12", recipient="13002526500014", on_date="2023-02-29")
    print(
        json.dumps(
            {
                "by_ine": by_ine.student.identity.birth_name,
                "registered_is_told": by_ine.student.admissions[0].HasField("registered"),
                "request_id": dict(headers.initial_metadata())["x-request-id"],
                "by_identity": by_identity.student.identity.birth_name,
                "partner": known.partner_siret,
                "days": len(usage.days),
                "not_found": failure(lookup.LookupByIne, nobody, metadata),
                "invalid": failure(lookup.LookupByIne, bad, metadata),
                "no_token": failure(lookup.LookupByIne, nobody, []),
            }
        )
    )
