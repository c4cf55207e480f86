"""Questions from Japanese sentences, by patterns of whole clauses, in the polite form."""

import re
from collections.abc import Iterator

from memoqa.suggest.candidate import Candidate

_YEAR = r"(?P<year>(?:[12]\d{3}|[１２][０-９]{3})年(?:度|\d{1,2}月)?)"
_SUBJECT = r"(?P<subject>(?!この|その|これ|それ|なお|また|ただし|当時)[^、。は（）|：\s]{1,30})"
_COUNTER = r"(?P<counter>か所|ヶ所|カ所|社|人|件|校|隻|店|台|戸|軒|団体|機関|自治体|世帯)"
_NUMBER = r"(?P<number>[\d,，０-９]+)"
_POLITE = {
    "始まった": "始まりました", "始めた": "始めました", "設けた": "設けました",
    "設けられた": "設けられました", "定められた": "定められました", "定めた": "定めました",
    "設立された": "設立されました", "設置された": "設置されました", "開かれた": "開かれました",
    "開設された": "開設されました", "開校した": "開校しました", "開業した": "開業しました",
    "発足した": "発足しました", "廃止された": "廃止されました", "中止された": "中止されました",
    "延期された": "延期されました", "公表された": "公表されました", "施行された": "施行されました",
    "完成した": "完成しました", "終わった": "終わりました", "閉鎖された": "閉鎖されました",
}  # fmt: skip
_VERB = rf"(?P<verb>{'|'.join(_POLITE)})"
_LONGEST = 60

_PATTERNS = tuple(
    (re.compile(rf"(?:^|(?<=。))(?:{pattern})"), question, group)
    for pattern, question, group in (
        (
            rf"(?:なお、|また、)?{_SUBJECT}は、?{_YEAR}に(?P<rest>[^、。]{{0,30}}?){_VERB}。",
            "{subject}はいつ{rest}{verb}か。",
            "year",
        ),
        (
            rf"{_YEAR}に(?:は|、)?{_SUBJECT}が(?P<rest>){_VERB}。",
            "{subject}はいつ{verb}か。",
            "year",
        ),
        (
            rf"{_YEAR}には、?(?P<subject>[^、。は|：\s]{{2,20}})が{_NUMBER}{_COUNTER}(?:あり|あった|ある)",
            "{year}に、{subject}は何{counter}ありましたか。",
            "number",
        ),
        (
            rf"(?P<year>[12]\d{{3}}年(?:度)?の(?:調査|統計|集計))では、{_SUBJECT}は{_NUMBER}{_COUNTER}"
            r"(?:であり|であった|だった|である)",
            "{year}では、{subject}は何{counter}でしたか。",
            "number",
        ),
        (
            rf"(?:なお、)?{_SUBJECT}は、?(?P<why>[^、。は]{{2,30}}?)のため、?{_VERB}。",
            "{subject}はなぜ{verb}か。",
            "why",
        ),
        (
            r"「?(?P<subject>[^、。は「」（）|：\s]{2,20})」?とは(?!別)、?(?P<what>[^。]{8,}?)"
            r"(?:である|をいう|を指す|のことである)。",
            "{subject}とは何ですか。",
            "what",
        ),
    )
)


def candidates(sentence: str) -> Iterator[Candidate]:
    """The questions that a sentence answers, the most telling first."""
    for pattern, form, group in _PATTERNS:
        if match := pattern.search(sentence):
            parts = match.groupdict()
            if "verb" in parts:
                parts["verb"] = _POLITE[parts["verb"]]
            question = form.format(**parts)
            if len(question) <= _LONGEST:
                yield Candidate(question, *match.span(group))
