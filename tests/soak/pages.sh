#!/usr/bin/env bash
# Pages of the dashboard over a journal of ROWS (default 20000) made documents: how long each takes, one after another and
# with four at the same time. The rows are put into the journal of an earlier version, so listing them is measured too.
source "$(dirname "$0")/begin.sh"
rows=${1:-20000}
asks=${2:-100}
mkdir in
cat > config.yaml <<'C'
inboxes:
  - {path: in, after: keep}
web: {listen: "127.0.0.1:0"}
log: {format: json, level: info}
time_zone: "+08:00"
C
printf '青石市档案馆2022年度部门整体支出绩效自评报告\n2022年基本支出396.47万元，其中：人员经费313.77万元，公用经费8.27万元。\n' > in/a.txt
"$hedui" run --once 2>/dev/null
python3 - "$rows" <<'P'
import json, random, sqlite3, sys, time
rows, start = int(sys.argv[1]), time.time()
draw = random.Random(7)
base = sqlite3.connect("state/journal.sqlite3", isolation_level=None)
base.execute("PRAGMA synchronous=OFF")
base.execute("BEGIN")
kinds = ["department_overall_self_evaluation", "project_self_evaluation", "department_final_account", "department_performance_report", None]
places = [f"{draw.randrange(110000, 659000)}" for _ in range(300)]
stems = ["档案", "水务", "文旅", "林草", "统计", "民政", "应急", "体育", "科技", "审计"]
ends = ["局", "中心", "馆", "服务站", "管理处", "研究院"]
units = [f"{draw.choice('东西南北中')}{draw.choice('山河湖江川')}{number}区{draw.choice(stems)}{draw.choice(ends)}" for number in range(max(20, rows // 50))]
def moment(number):
    second = 1_700_000_000 + number * 60 * 60 * 24 * 700 // rows
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(second))
def documents():
    for number in range(rows):
        record = f"{number * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF:016x}.generic"
        yield record, number
def finding(record, unit, year, number, severity, code):
    return json.dumps({"type": "finding", "record_id": record, "source": f"{number}.docx", "entity": unit, "fiscal_year": year,
        "finding": "n1", "severity": severity, "code": code,
        "message": {"zh": "合计所列20.5万元与分项之和21.5不符，相差-1", "en": "the total states 20.5, its parts give 21.5"},
        "expression": "10.5 + 11 = 21.5 ≠ 20.5（万元）", "stated": "205000", "computed": "215000", "delta": "-10000", "unit": "CNY",
        "places": [], "cause": None, "fingerprint": f"f{number % 977}"}, ensure_ascii=False)
insert_document = "INSERT INTO documents(entry, state, sha256, conversion, attempt, versions, place, refusal, at) VALUES(?,?,?,'c','a','v',?,?,?)"
insert_report = "INSERT INTO reports(record, current, compared, report_key, kind, title, entity, region, fiscal_year, format, inbox, source, folder, errors, warnings, infos, at) VALUES(?,1,1,?,?,?,?,?,?,'docx','in',?,'',?,?,?,?)"
insert_finding = "INSERT INTO findings VALUES(?,'n1',1,'structural',?,?,?,NULL,?,?)"
for record, number in documents():
    unit, year = draw.choice(units), draw.randrange(2016, 2026)
    level = draw.choices(["error", "warning", "info", None], [30, 10, 5, 55])[0]
    counts = [int(level == each) for each in ("error", "warning", "info")]
    at = moment(number)
    base.execute(insert_document, (record, "current", None, f"records/{year}/{record}.json", None, at))
    base.execute(insert_report, (record, f"k{number}", draw.choice(kinds), f"{year}年度{unit}部门整体支出绩效自评报告", unit,
        draw.choice(places), year, f"{year}/{number}.docx", *counts, at))
    if level:
        code = draw.choice(["total-mismatch", "rate-mismatch", "copy-mismatch"])
        base.execute(insert_finding, (record, level, code, f"f{number % 977}", finding(record, unit, year, number, level, code), at))
    if number % 500 == 0:
        entry = f"{number:016x}-abcdef"
        refusal = json.dumps({"code": "unsupported-format", "message": {"zh": "格式不支持", "en": "no such format"}, "advice": {"zh": "另存", "en": "save as"}})
        base.execute(insert_document, (entry, "quarantined", None, f"{entry}.reason.json", refusal, at))
        base.execute("INSERT INTO sources VALUES('in',?,'quarantined',NULL,NULL,1,1,1,'c','a',?,NULL,NULL,0,1,?)", (f"q{number}.pdf".encode(), entry, at))
base.execute("DELETE FROM meta WHERE key = 'listed'")
base.execute("COMMIT")
base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
size = base.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").fetchone()[0]
print(f"{rows} documents made in {time.time() - start:.1f} s, {size >> 20} MB")
P
began=$(date +%s.%N)
start_daemon
python3 -c "import os, sys; print(f'listed and started in {float(sys.argv[2]) - float(sys.argv[1]):.1f} s; journal', sum(os.path.getsize('state/' + f) for f in os.listdir('state') if 'journal' in f) >> 20, 'MB')" "$began" "$(date +%s.%N)"
python3 - "$asks" <<'P'
import http.client, json, random, re, sys, threading, time, urllib.parse
asks = int(sys.argv[1])
at = next(json.loads(line)["at"] for line in open("said.log") if "answers browsers" in line)
draw = random.Random(11)
quote = urllib.parse.quote
def ask(target):
    connection = http.client.HTTPConnection(at)
    start = time.perf_counter()
    connection.request("GET", target, headers={"Host": "localhost"})
    answer = connection.getresponse()
    body = answer.read()
    took = time.perf_counter() - start
    assert answer.status == 200, (target, answer.status, body[:300])
    return body.decode(errors="replace"), took
units = [unit["unit"] for unit in json.loads(ask("/api/v1/overview")[0])["units"]]
places = re.findall(r'<option value="(\d{6})"', ask("/documents")[0])
mine = next(each["record_id"] for each in json.loads(ask(f"/api/v1/documents?unit={quote('青石市档案馆')}")[0])["items"])
def deep(kind, query):
    """The cursor of a page far down."""
    newest = json.loads(ask(f"/api/v1/{kind}?limit=1&{query}")[0])["next"]
    return str(int(newest) // 2)
down = {"documents": deep("documents", ""), "findings": deep("findings", "state=open")}
years = lambda: draw.randrange(2016, 2026)
pages = {
    "overview": lambda: "/",
    "documents": lambda: "/documents",
    "documents, far down": lambda: f"/documents?after={down['documents']}",
    "by year": lambda: f"/documents?year={years()}",
    "by unit": lambda: f"/documents?unit={quote(draw.choice(units))}",
    "by region and year": lambda: f"/documents?region={draw.choice(places)}&year={years()}",
    "by kind and severity": lambda: f"/documents?kind=project_self_evaluation&severity={draw.choice(['error', 'warning', 'clean', 'any'])}",
    "region, year, kind, severity": lambda: f"/documents?region={draw.choice(places)}&year={years()}&kind=project_self_evaluation&severity=info",
    "text, common": lambda: f"/documents?text={quote(draw.choice(['档案', '统计局', '绩效', '自评报告']))}",
    "text, rare": lambda: f"/documents?text={quote(str(draw.randrange(1, 400)) + '区')}&year={years()}",
    "text, none": lambda: f"/documents?text={quote('不存在的')}",
    "findings, open": lambda: "/findings",
    "findings, far down": lambda: f"/findings?after={down['findings']}",
    "findings by code and unit": lambda: f"/findings?code=rate-mismatch&severity=error&unit={quote(draw.choice(units))}",
    "quarantine": lambda: "/quarantine",
    "one document": lambda: f"/documents/{mine}",
    "one unit": lambda: f"/unit?unit={quote(draw.choice(units))}",
    "export of a unit": lambda: f"/documents/export?format=xlsx&unit={quote(draw.choice(units))}",
    "rules": lambda: "/rules",
    "api, documents": lambda: f"/api/v1/documents?year={years()}&limit=200",
    "api, findings": lambda: "/api/v1/findings?limit=200&severity=warning",
}
def line(name, took):
    took.sort()
    share = lambda part: took[min(len(took) - 1, int(part * len(took)))] * 1000
    print(f"{name:32} p50 {share(0.5):7.1f} ms   p95 {share(0.95):7.1f} ms   max {took[-1] * 1000:7.1f} ms")
for name, target in pages.items():
    line(name, [ask(target())[1] for _ in range(asks)])
everything = []
def client():
    for _ in range(asks):
        everything.append(ask(draw.choice(list(pages.values()))())[1])
threads = [threading.Thread(target=client) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
line("any page, four at a time", everything)
P
awk '/VmHWM/ {printf "the daemon had at most %d MB\n", $2 / 1024}' "/proc/$daemon/status"
stop_daemon
