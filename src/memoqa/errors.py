"""What can go wrong, each with a message that names the thing and says what to do next.

MemoqaError
├── CorpusError        a file of the corpus cannot be read
├── IndexNotFound      there is no index yet
├── IndexMismatch      the index was made by another format or other models
├── IndexCorrupt       a file of the index is missing or not what it was
├── ModelNotFound      a model's files are not there
├── ModelMismatch      a model's files are not the ones pinned
├── Changed            what a request is about is not what it was
├── FeedbackError      the file of feedback cannot be read or written
├── InvalidQuestion    there is no question in what was asked
├── QuestionsError     a file of questions cannot be read
└── LimitExceeded      more was asked than the settings allow
    └── Overloaded     too many questions at once; `retry_after` seconds
"""

__all__ = [
    "Changed",
    "CorpusError",
    "FeedbackError",
    "IndexCorrupt",
    "IndexMismatch",
    "IndexNotFound",
    "InvalidQuestion",
    "LimitExceeded",
    "MemoqaError",
    "ModelMismatch",
    "ModelNotFound",
    "Overloaded",
    "QuestionsError",
]


class MemoqaError(Exception):
    """The root of everything memoqa raises on purpose."""


class CorpusError(MemoqaError):
    pass


class IndexNotFound(MemoqaError):
    pass


class IndexMismatch(MemoqaError):
    pass


class IndexCorrupt(MemoqaError):
    pass


class ModelNotFound(MemoqaError):
    pass


class ModelMismatch(MemoqaError):
    pass


class Changed(MemoqaError):
    pass


class FeedbackError(MemoqaError):
    pass


class InvalidQuestion(MemoqaError):
    pass


class QuestionsError(MemoqaError):
    pass


class LimitExceeded(MemoqaError):
    pass


class Overloaded(LimitExceeded):
    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
