"""The fixed texts on which an exported encoder must agree with sentence-transformers."""

from __future__ import annotations

from itertools import product

_FORMS = (
    "Who decides about {}?",
    "Is {} operational, or a matter for the Cabinet Member?",
    "What does the protocol say about {}?",
    "A councillor keeps pressing me about {} and I am not sure that I may answer.",
    "How do I decline politely when a Member asks for {}?",
    "4.2 Officers advise on {}; Members decide the policy and answer for it in public.",
    (
        "Members and officers should treat each other with respect, most of all when they disagree about {}, because "
        "residents judge the council by how it behaves. A concern is raised first with the person, then with the line "
        "manager or the group leader, and only then with the Monitoring Officer, who keeps a record of what was agreed."
    ),
)
_MATTERS = (
    "a planning application",
    "the staffing of a team",
    "a confidential report",
    "the tone of an e-mail",
    "an appointment of a chief officer",
    "a letter to the press",
    "the council tax base",
    "a resident's complaint",
    "a contract award",
    "the pre-election period",
    "ward casework",
    "home-to-school transport",
    "a call-in to scrutiny",
    "gifts and hospitality",
    "a declaration of interest",
    "an officer's home address",
    "social media",
    "the closure of a library",
    "speed limits near a school",
    "support for the group room",
    "exempt information under Schedule 12A",
    "a briefing for opposition Members",
    "bullying by an elected Member",
    "the Forward Plan",
    "twin-hatted councillors",
    "a safeguarding concern",
    "the draft budget",
    "urgent decisions",
)
_ODD = (
    "",
    " ",
    "?",
    "no",
    "3.10",
    "3.1",
    "(a)(ii) — see para. 4.2 & app. C",
    "WHO IS IN CHARGE HERE???",
    "  spaces,\ttabs\r\nand new lines  ",
    "Cllr O’Neill’s “view” – isn’t it…",
    "café, naïve, cafe\u0301 and ﬁnance at ½ the price: £1,000 or €5",
    "Beth yw rôl y Cabinet? Pwy sy’n penderfynu?",
    "¿Quién decide sobre el presupuesto?",
    "Кто решает вопрос о бюджете?",  # noqa: RUF001 - other alphabets are the point
    "谁来决定预算？",  # noqa: RUF001 - other alphabets are the point
    "من يقرر الميزانية؟",
    "thank you 🙏🏽 all 👩‍💻",
    "zero\u200bwidth, soft\u00adhyphen, no\u00a0break, \u202eoverride\u202c and \x00 nothing",
    "https://example.invalid/a/b?c=d#e officer@example.invalid",
    "pneumonoultramicroscopicsilicovolcanoconiosis" * 3,
    "1234567890 " * 30,
    "[CLS] [MASK] [SEP] [UNK]",
)
_QUESTIONS = tuple(form.format(matter) for form, matter in product(_FORMS, _MATTERS))
_LONG = tuple(" ".join(_QUESTIONS[first : first + length]) for first, length in ((0, 8), (9, 16), (30, 23), (60, 60)))

SAMPLE: tuple[str, ...] = _QUESTIONS + _ODD + _LONG
_SAID = (
    (
        "Dear Councillor,\n\nThank you for your note about {}. The papers go out on Thursday, so I need your points by "
        "noon on Wednesday, please. Could you say which of the two options you prefer? I have copied Jo, who keeps "
        "the list."
    ),
    (
        "You people have been covering this up for months, and now {} is late AGAIN!!! Either it is done by Friday or "
        "I go to the papers with your name on it."
    ),
    (
        "I have asked about {} three times. In my view the decision is wrong and I will say so at the meeting. WHY HAS "
        "NOBODY ANSWERED? Please tell me who can, and by when."
    ),
)
DRAFTS = tuple(form.format(matter) for form, matter in product(_SAID, _MATTERS))
"""Drafts of e-mails, to show how large a tone reader's channels become."""
