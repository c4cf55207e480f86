"""Makes tests/files/documents/ from the sources beside this file.

    python tests/files/sources/make.py

It needs pdflatex, soffice and pdftoppm; the tests need only what it made.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import office
from office import deleted, hidden, inserted, note, paragraph, ruby, table

HERE = Path(__file__).parent
DOCUMENTS = HERE.parent / "documents"
# So that pdfTeX makes the same bytes of the same source.
ENVIRONMENT = os.environ | {"SOURCE_DATE_EPOCH": "1700000000", "FORCE_SOURCE_DATE": "1"}


def latex(folder: Path, name: str, job: str | None = None, before: str = "") -> Path:
    job = job or name
    command = ["pdflatex", "-interaction=batchmode", f"-jobname={job}"]
    for _ in range(2):
        subprocess.run(
            [*command, rf"{before}\input{{{HERE / name}.tex}}"],
            cwd=folder,
            env=ENVIRONMENT,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return folder / f"{job}.pdf"


def pictures(folder: Path, pdf: Path) -> None:
    """The pages of a PDF as scan-1.jpg, scan-2.jpg …, at the resolution of a poor scanner."""
    grey = ["-gray", "-jpeg", "-jpegopt", "quality=40", "-r", "100"]
    subprocess.run(["pdftoppm", *grey, str(pdf), str(folder / "scan")], check=True)


def pdfs(folder: Path) -> None:
    names = ["shared-laboratories", "harbour-towns", "district-report", "grant-guidelines"]
    made = [latex(folder, name) for name in names]
    pictures(folder, latex(folder, "council-minutes", "seen", r"\def\visible{}"))
    made.append(latex(folder, "council-minutes"))
    pictures(folder, latex(folder, "weighbridge-ledger", "ledger"))
    made.append(latex(folder, "picture-pages", "weighbridge-ledger"))
    for source in sorted(HERE.glob("*.fodt")):
        convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(folder)]
        subprocess.run([*convert, str(source)], check=True, stdout=subprocess.DEVNULL)
        made.append(folder / f"{source.stem}.pdf")
    for pdf in made:
        shutil.copy(pdf, DOCUMENTS)


def steering_group() -> None:
    office.write(
        DOCUMENTS / "steering-group.docx",
        "Microsoft Word - minutes_v3_final.docx",
        "Steering Group for the Cable Cluster · confidential draft",
        {
            1: "The figure of 1.2 million given in March included the harbour rent.",
            2: "Cables of less than 30 metres are tested at Tolmer.",
        },
        paragraph("Steering Group for the Cable Cluster", style="Title"),
        paragraph("Decisions of the ninth meeting", style="1"),
        paragraph(
            "The steering group met at Tolmer on 4 May 2016. It approved the accounts for 2015, "
            "which show expenses of 1,148,000",
            note(1),
            " crowns and a surplus of 36,500 crowns.",
        ),
        paragraph(
            "The group decided to extend the membership of the cluster to firms from the ",
            deleted("northern islands only"),
            inserted("northern and western islands"),
            ". The fee for a firm with fewer than ten employees stays at ",
            deleted("900"),
            inserted("650"),
            " crowns a year.",
        ),
        paragraph(
            "The test basin will be open on ",
            inserted("four"),
            deleted("three"),
            " days a week from September.",
            hidden(" Members who complain will be removed from the list."),
            note(2),
        ),
        paragraph("Work plan", style="1"),
        paragraph("The work plan for the second half of the year has three parts:"),
        paragraph("Training of divers and of winch crews", style="ListParagraph", level=0),
        paragraph("two courses of six days in August", style="ListParagraph", level=1),
        paragraph("one refresher course for crews in October", style="ListParagraph", level=1),
        paragraph(
            "A catalogue of the test results of 2014 and 2015", style="ListParagraph", level=0
        ),
        paragraph("A joint stand at the autumn fair in Ostrand", style="ListParagraph", level=0),
        paragraph("Use of the test basin", style="2"),
        table(
            ("Year", "Hours booked", "Firms"),
            ("2013", "410", "17"),
            ("2014", "655", "24"),
            ("2015", "902", "31"),
        ),
        paragraph(
            "Bookings have more than doubled in two years. The group asked the office to find out "
            "why eight firms that booked in 2014 did not come back in 2015."
        ),
        paragraph("Next meeting", style="1"),
        paragraph("The tenth meeting takes place at Hallow on 9 November 2016."),
    )


def fisheries_plan() -> None:
    office.write(
        DOCUMENTS / "suisan-keikaku.docx",
        "北浜市水産加工業振興計画",
        "北浜市　産業振興課",
        {1: "漁業協同組合の直営加工場を含む。"},
        paragraph("北浜市水産加工業振興計画", style="Title"),
        paragraph("第1章　現状", style="1"),
        paragraph(
            "北浜市の水産加工業は、2017年の時点で64の事業所と1,120人の従業員を抱えている。",
            note(1),
            "出荷額は86億円であり、市の製造業の出荷額の21%を占める。",
        ),
        paragraph(
            "原料となる魚の水揚げは、2007年の3万2千トンから2017年の1万9千トンへと減少した。",
            ruby("干物", "ひもの"),
            "を作る事業所の多くは、原料の半分以上を市外から仕入れている。",
        ),
        paragraph("第2章　目標", style="1"),
        paragraph(
            "計画の期間は2019年度から",
            deleted("2022"),
            inserted("2023"),
            "年度までの5年間とする。期間の終わりまでに、出荷額を95億円に高めることを目標とする。",
            hidden("この数字は議会に説明していない。"),
        ),
        paragraph("第3章　施策", style="1"),
        paragraph("市は次の三つの施策を進める。"),
        paragraph("共同冷蔵庫を建て替え、容量を2倍にする。", style="ListParagraph", level=0),
        paragraph("水産高校の生徒の実習を、毎年30人受け入れる。", style="ListParagraph", level=0),
        paragraph("輸出に必要な検査の費用の半分を補助する。", style="ListParagraph", level=0),
        table(("年度", "補助の件数"), ("2016年度", "12件"), ("2017年度", "19件")),
        paragraph(
            "輸出の検査に対する補助は2015年度に始まり、利用する事業所は年々増えている。"
            "共同冷蔵庫の建て替えには12億円を見込み、その三分の二を国の交付金で賄う。"
        ),
    )


CHAPTERS = {
    "why": (
        "Why a handbook",
        "<p>Clusters are easy to announce and hard to run. This handbook collects what the "
        "coordinators of nineteen clusters wish they had known in their first year. It was put "
        "together in three workshops in the winter of 2018.</p>"
        "<p>A cluster here means a group of firms and schools in one region that have agreed to "
        "do something together and have paid for it. Agreements without payment are left out, "
        'because none of those we looked at lasted for more than two years.<a epub:type="noteref" '
        'href="#n1">1</a></p><aside epub:type="footnote" id="n1"><p>The longest of them lasted '
        "for 22 months.</p></aside>",
    ),
    "money": (
        "Money",
        "<p>Ask for fees from the first day. In our sample, clusters that began without a fee "
        "lost 62% of their members when they introduced one, while those that charged "
        "something from the start lost 9% when they raised it.</p>"
        "<h2>Public grants</h2>"
        "<p>A grant should never pay for more than half of the coordinator’s salary. When a grant "
        "ends, the coordinator is the first to go, and with the coordinator goes the "
        "telephone book. Eleven of the nineteen clusters have lived through this at least once.</p>"
        "<table><tr><th>Source of income</th><th>Share</th></tr><tr><td>Fees</td><td>38%</td></tr>"
        "<tr><td>Grants</td><td>44%</td></tr><tr><td>Services</td><td>18%</td></tr></table>"
        "<p>Services are the smallest source of income but the one that grows. The ceramics "
        "cluster at Lower Varn earns 70,000 crowns a year by letting its kiln at night.</p>",
    ),
    "meetings": (
        "Meetings",
        "<p>Meet where the work is done. Attendance at meetings in factories was 71% in our "
        "sample, against 34% at meetings in town halls. End the meeting with a meal, and seat "
        "competitors at different tables but within earshot.</p>"
        "<ul><li>Send the list of participants three days before the meeting.</li>"
        "<li>Let the host speak for ten minutes and no longer.</li>"
        "<li>Write down who promised what to whom.</li></ul>"
        "<p>A meeting needs a result that fits on a postcard. Coordinators who wrote such a "
        "card after each meeting found that members quoted it back to them months later.</p>",
    ),
}


def handbook() -> None:
    xhtml = (
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        'xml:lang="en"><head><title>{title}</title></head><body>{body}</body></html>'
    )
    # The files' names are in another order than the book, which its spine gives.
    names = dict(zip(CHAPTERS, ("c.xhtml", "a.xhtml", "b.xhtml"), strict=True))
    items = "".join(
        f'<item id="{id}" href="{name}" media-type="application/xhtml+xml"/>'
        for id, name in names.items()
    )
    listed = "".join(
        f'<li><a href="{names[id]}">{title}</a></li>' for id, (title, _) in CHAPTERS.items()
    )
    nav = f'<nav epub:type="toc"><h1>Table of contents</h1><ol>{listed}</ol></nav>'
    book = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container version="1.0" '
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
        'full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>",
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" '
        'unique-identifier="id"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        '<dc:identifier id="id">urn:uuid:00000000-0000-4000-8000-000000000001</dc:identifier>'
        "<dc:title>A Handbook for Cluster Coordinators</dc:title><dc:language>en</dc:language>"
        '</metadata><manifest><item id="nav" href="nav.xhtml" properties="nav" '
        f'media-type="application/xhtml+xml"/>{items}</manifest><spine>'
        + "".join(f'<itemref idref="{id}"/>' for id in CHAPTERS)
        + "</spine></package>",
        "OEBPS/nav.xhtml": xhtml.format(title="Contents", body=nav),
    } | {
        f"OEBPS/{names[id]}": xhtml.format(title=title, body=f"<h1>{title}</h1>{body}")
        for id, (title, body) in CHAPTERS.items()
    }
    office.archive(DOCUMENTS / "coordinators-handbook.epub", book)


def texts() -> None:
    """The texts in the encodings that their names' last part says, with the line ends of a PC."""
    for source in sorted((HERE / "texts").iterdir()):
        name, encoding = source.stem.rsplit(".", 1)
        text = source.read_text(encoding="utf-8")
        if source.suffix == ".txt":
            text = text.replace("\n", "\r\n")
        made = DOCUMENTS / f"{name}{source.suffix}"
        made.write_bytes(text.encode(encoding))


if __name__ == "__main__":
    DOCUMENTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pdfs(Path(folder))
    steering_group()
    fisheries_plan()
    handbook()
    texts()
