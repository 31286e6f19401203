"""Whether a payload is an in-toto Statement v1 with SLSA provenance v1, as its authors define them.

The models are those of the in-toto attestation project, made from its protobuf definitions: a field
that they do not know, or of another type, is refused.
"""

from __future__ import annotations

import json

from phaseline.core.errors import CheckFailed
from phaseline.engine import statement


def check(payload: bytes) -> None:
    """See that `payload` is a statement of ours.

    Raises:
        CheckFailed: naming the field.
    """
    from google.protobuf.json_format import ParseDict, ParseError
    from in_toto_attestation.predicates.provenance.v1.provenance_pb2 import Provenance
    from in_toto_attestation.v1.statement import Statement
    from in_toto_attestation.v1.statement_pb2 import Statement as Message

    try:
        told = json.loads(payload)
        Statement.copy_from_pb(ParseDict(told, Message())).validate()
        provenance = ParseDict(told["predicate"], Provenance())
    except (ParseError, ValueError, TypeError, KeyError, AttributeError) as error:
        reason = " ".join(str(error).split())
        raise CheckFailed("it holds no in-toto statement with provenance", why=reason) from error
    for name, value, wanted in (
        ("predicateType", told["predicateType"], statement.PREDICATE_TYPE),
        ("buildType", provenance.build_definition.build_type, statement.BUILD_TYPE),
        ("builder.id", provenance.run_details.builder.id, statement.BUILDER),
    ):
        if value != wanted:
            raise CheckFailed(f"its {name} is not {wanted}", why=f"it is {value}")
