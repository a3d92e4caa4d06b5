"""Why something did not leave, or why its answer did not come: a closed list of codes, with nothing of the content."""

from enum import StrEnum


class FaultCode(StrEnum):
    """What went wrong on the way. Safe to store, to show and to put on record."""

    URL_UNUSABLE = "url_unusable"
    NAME_UNRESOLVED = "name_unresolved"
    ADDRESS_FORBIDDEN = "address_forbidden"
    CONNECT_FAILED = "connect_failed"
    TLS_FAILED = "tls_failed"
    TIMED_OUT = "timed_out"
    CUT_OFF = "cut_off"
    ANSWER_MALFORMED = "answer_malformed"


MEANINGS: dict[FaultCode, str] = {
    FaultCode.URL_UNUSABLE: "The address cannot be used.",
    FaultCode.NAME_UNRESOLVED: "The host name is not known to the resolver.",
    FaultCode.ADDRESS_FORBIDDEN: (
        "The host is inside a private network. An operator may allow it by name: OUTGOING_ALLOWED_HOSTS."
    ),
    FaultCode.CONNECT_FAILED: "Nobody listens there, or the connection was refused.",
    FaultCode.TLS_FAILED: "The host's certificate does not hold, or TLS could not be agreed on.",
    FaultCode.TIMED_OUT: "The answer took too long.",
    FaultCode.CUT_OFF: "The connection was cut before an answer came.",
    FaultCode.ANSWER_MALFORMED: "What came back is not HTTP.",
}


class OutgoingFault(Exception):
    """Nothing was sent, or no answer came; whether the other side has acted is not known after the connection stood."""

    def __init__(self, code: FaultCode) -> None:
        super().__init__(MEANINGS[code])
        self.code = code
