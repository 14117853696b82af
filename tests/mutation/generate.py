"""What can be broken in a C file: one small change after the other, found in its words.

The words are read without a parser, so macros are broken like functions. The layout that
script/format gives tells what is a sum and what is a sign: an operator with two sides has space
around it. Changes that do not compile are found out later, by the compiler.
"""

import bisect, hashlib, re, subprocess
from dataclasses import dataclass

WORD = re.compile(r"""
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/)
  | (?P<directive>^[ \t]*\#(?:\\\n|[^\n])*)
  | (?P<text>"(?:\\.|[^"\\])*")
  | (?P<char>'(?:\\.|[^'\\])*')
  | (?P<number>(?:0[xX][0-9a-fA-F]+|[0-9][0-9.eE]*)[uUlLfF]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.VERBOSE | re.MULTILINE | re.DOTALL)

SWAPS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
         "+": "-", "-": "+", "&": "|", "|": "&", "<<": ">>", ">>": "<<", "*": "/", "/": "*",
         "%": "/", "^": "&", "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "<<=": ">>=",
         ">>=": "<<=", "++": "--", "--": "++"}
TYPES = {"const", "static", "struct", "enum", "union", "unsigned", "signed", "int", "char", "long", "short",
         "void", "bool", "size_t", "typedef", "extern", "double", "float", "register", "volatile",
         "_Static_assert", "static_assert", "assert", "case", "default", "if", "for", "while",
         "do", "switch", "else", "return", "inline", "sizeof", "_Thread_local"}
OPENING = {"(": ")", "[": "]", "{": "}"}
LINE = re.compile(r"\s+")


@dataclass(frozen=True)
class Word:
    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Mutant:
    """`old` becomes `new` from `start` on; `before` and `after` are the lines as they are and become."""
    file: str
    function: str
    line: int
    kind: str
    start: int
    end: int
    new: str
    before: str
    after: str
    occurrence: int # of the same change in the same function

    @property
    def key(self):
        """What it is, wherever in the file it has come to be."""
        return (self.file, self.function, self.before, self.after)

    @property
    def number(self):
        text = "\0".join((*self.key, str(self.occurrence)))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]


def words_of(text, offset=0):
    found = []
    for match in WORD.finditer(text):
        if match.lastgroup != "space":
            found.append(Word(match.lastgroup, match.group(), offset + match.start(), offset + match.end()))
    return found


def active_lines(root, file, command):
    """The lines of the file that the compiler reads: those that no #if leaves out."""
    run = subprocess.run([*command, "-E", "-fdirectives-only", file], cwd=root, capture_output=True,
                         text=True, check=True)
    lines = set()
    current, number = None, 0
    for line in run.stdout.splitlines():
        marker = re.match(r'# (\d+) "([^"]*)"', line)
        if marker:
            number, current = int(marker[1]), marker[2]
            continue
        if current == file and line.strip():
            lines.add(number)
        number += 1
    return lines


class Region:
    """The words of a function, a macro, or an initialiser; `name` is what it is of."""

    def __init__(self, name, words, returns=None, is_body=False, start=None):
        self.name = name
        self.start = start # of a macro, which may have several lines of which the compiler tells one
        self.words = words
        self.returns = returns
        self.is_body = is_body
        self.partner = {}
        open_ones = []
        for i, word in enumerate(words):
            if word.text in OPENING and word.kind == "sign":
                open_ones.append(i)
            elif word.kind == "sign" and word.text in ")]}" and open_ones:
                start = open_ones.pop()
                self.partner[start] = i
                self.partner[i] = start


def function_name(words, close):
    """Of what has its parameters end at `close`: the name, and where what it returns begins."""
    depth = 0
    for i in range(close, -1, -1):
        depth += {")": 1, "(": -1}.get(words[i].text, 0)
        if depth == 0:
            name = i - 1
            if name >= 0 and words[name].text == ")": # the name in brackets, against a macro of it
                name -= 1
            start = name
            while start > 0 and words[start - 1].text not in (";", "}") and words[start - 1].kind != "directive":
                start -= 1
            return words[name].text, "".join(f"{word.text} " for word in words[start:name])
    return "?", ""


def regions_of(text):
    words = words_of(text)
    regions = []
    i = start = 0
    while i < len(words):
        word = words[i]
        if word.kind == "directive":
            define = re.match(r"[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)]*\))?", word.text)
            if define:
                body = words_of(word.text[define.end():].replace("\\\n", " \n"), word.start + define.end())
                regions.append(Region(define[1], body, start=word.start))
            i += 1
            start = i
            continue
        if word.text == "extern" and words[i + 1].kind == "text":
            i += 3
            start = i
            continue
        if word.text == "{":
            depth, end = 0, i
            while True:
                depth += {"{": 1, "}": -1}.get(words[end].text, 0)
                if depth == 0:
                    break
                end += 1
            head = words[start:i]
            inner = [piece for piece in words[i:end + 1] if piece.kind != "directive"]
            if head and head[-1].text == ")":
                name, returns = function_name(words, i - 1)
                regions.append(Region(name, inner, returns, True))
                start = end + 1
            elif head and (head[0].text == "enum" or head[-1].text == "=" or
                           [piece.text for piece in head[:2]] == ["typedef", "enum"]):
                names = [piece.text for piece in head if piece.kind == "name"]
                regions.append(Region(names[-1], inner))
            i = end
        elif word.text == ";":
            head = words[start:i]
            signs = [piece.text for piece in head]
            if "=" in signs and "{" not in signs:
                at = signs.index("=")
                names = [piece.text for piece in head[:at] if piece.kind == "name"]
                regions.append(Region(names[-1], head[at + 1:]))
            start = i + 1
        i += 1
    return regions


class Generator:
    def __init__(self, file, text, lines):
        self.file = file
        self.text = text
        self.lines = lines
        self.starts = [0] + [i + 1 for i, char in enumerate(text) if char == "\n"]
        self.seen = {}
        self.mutants = []

    def line_of(self, offset):
        return bisect.bisect_right(self.starts, offset)

    def add(self, region, kind, start, end, new):
        line = self.line_of(start)
        told = line if region.start is None else self.line_of(region.start)
        if told not in self.lines or self.text[start:end] == new:
            return
        first = self.starts[line - 1]
        last = self.text.find("\n", end)
        before = self.text[first:last]
        after = self.text[first:start] + new + self.text[end:last]
        before, after = (self.tidy(line) for line in (before, after))
        if before == after:
            return
        where = (start, end, new)
        if where in self.seen.setdefault("places", set()):
            return
        self.seen["places"].add(where)
        same = (region.name, before, after)
        occurrence = self.seen.get(same, 0)
        self.seen[same] = occurrence + 1
        new += "\n" * (self.text[start:end].count("\n") - new.count("\n"))
        self.mutants.append(Mutant(self.file, region.name, line, kind, start, end, new, before, after, occurrence))

    @staticmethod
    def tidy(line):
        return LINE.sub(" ", re.sub(r"//[^\n]*", "", line.replace("\\\n", "\n"))).strip()

    def has_space(self, word):
        return self.text[word.start - 1].isspace() and self.text[word.end].isspace()

    # ----- Words by themselves -----

    def signs(self, region):
        for i, word in enumerate(region.words):
            if word.kind != "sign":
                continue
            before = region.words[i - 1] if i > 0 else None
            close = before and (before.text in (")", "]") or before.kind in ("name", "number"))
            if word.text in ("+", "-", "&", "*", "/", "%", "|", "^", "<", ">", "<<", ">>"):
                if close and (self.has_space(word) or (word.text in "+-" and before.text != "return")):
                    self.add(region, "operator", word.start, word.end, SWAPS[word.text])
                elif word.text == "-" and not close:
                    self.add(region, "operator", word.start, word.end, "")
            elif word.text in SWAPS:
                self.add(region, "operator", word.start, word.end, SWAPS[word.text])
            elif word.text in ("!", "~"):
                self.add(region, "operator", word.start, word.end, "")

    def constants(self, region):
        for word in region.words:
            if word.kind == "number":
                digits = word.text.rstrip("uUlL")
                if not re.fullmatch(r"0[xX][0-9a-fA-F]+|\d+", digits):
                    continue
                value = int(digits, 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" else 10)
                suffix = word.text[len(digits):]
                show = hex if digits[:2].lower() == "0x" else str
                self.add(region, "constant", word.start, word.end, show(value + 1) + suffix)
                less = show(value - 1) + suffix
                self.add(region, "constant", word.start, word.end, f"({less})" if value == 0 else less)
            elif word.kind == "char":
                self.add(region, "constant", word.start, word.end, f"({word.text} + 1)")
            elif word.text in ("true", "false"):
                self.add(region, "constant", word.start, word.end, "false" if word.text == "true" else "true")

    # ----- Conditions -----

    def force(self, region, first, last, values=("true", "false")):
        if first > last:
            return
        start, end = region.words[first].start, region.words[last].end
        if self.text[start:end] in ("true", "false", "0", "1"):
            return
        for value in values:
            self.add(region, "condition", start, end, {"true": "1", "false": "0"}[value])

    def operand(self, region, i, step, stops):
        """Where the operand ends that is beside the operator at `i`."""
        words = region.words
        last = i
        j = i + step
        while 0 <= j < len(words):
            text = words[j].text
            if words[j].kind == "sign" and text in ("([{" if step < 0 else ")]}"):
                break
            if text in stops:
                break
            if words[j].kind == "sign" and text in "()[]{}":
                if j not in region.partner:
                    break
                j = region.partner[j]
            last = j
            j += step
        return last

    def conditions(self, region):
        words = region.words
        borders = {",", ";", "=", "+=", "-=", "|=", "&=", "return", "?", ":"}
        for i, word in enumerate(words):
            if word.text in ("if", "while") and i + 1 in region.partner:
                self.force(region, i + 2, region.partner[i + 1] - 1)
            elif word.text == "for" and i + 1 in region.partner:
                end = region.partner[i + 1]
                stops = [j for j in range(i, end) if words[j].text == ";"]
                if len(stops) == 2:
                    self.force(region, stops[0] + 1, stops[1] - 1)
            elif word.text == "?":
                self.force(region, self.operand(region, i, -1, borders), i - 1)
            elif word.text in ("&&", "||"):
                stops = borders | ({"||"} if word.text == "||" else {"&&", "||"})
                value = ("true",) if word.text == "&&" else ("false",)
                left = self.operand(region, i, -1, stops)
                right = self.operand(region, i, 1, stops)
                self.force(region, left, i - 1, value)
                self.force(region, i + 1, right, value)

    # ----- Statements -----

    def starts_statement(self, region, i):
        before = region.words[i - 1]
        if before.text in ("{", "}", ";", "else", "do"):
            return True
        if before.text == ":": # of a label, and not of a choice, which has space around it
            return not self.text[before.start - 1].isspace()
        if before.text == ")" and i - 1 in region.partner:
            head = region.partner[i - 1] - 1
            return head >= 0 and region.words[head].text in ("if", "for", "while", "switch")
        return False

    def is_declaration(self, region, i):
        words = region.words
        if words[i].text in TYPES:
            return True
        if words[i].kind != "name":
            return False
        after = words[i + 1]
        if after.kind == "name":
            return True
        return after.text == "*" and not self.text[after.end].isspace()

    def statements(self, region):
        words = region.words
        depth = 0
        for i, word in enumerate(words):
            depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(word.text, 0) if word.kind == "sign" else 0
            inside = depth - (word.kind == "sign" and word.text in "([")
            if i == 0 or inside > 0 or not self.starts_statement(region, i):
                continue
            jump = word.text in ("break", "continue", "goto") or (word.text == "return" and words[i + 1].text == ";")
            deletes = word.kind == "name" or word.text in ("*", "(", "++", "--")
            if word.text == "(" and words[i + 1].text == "void":
                continue
            if not jump and (not deletes or self.is_declaration(region, i)):
                continue
            end = i
            while end < len(words) and words[end].text != ";":
                end = region.partner.get(end, end) if words[end].text in OPENING else end
                end += 1
                if end < len(words) and words[end].text in ("}", "{"):
                    break
            if end < len(words) and words[end].text == ";":
                self.add(region, "statement", word.start, words[end].end, ";")

    def results(self, region):
        words = region.words
        for i, word in enumerate(words):
            if word.text != "return" or words[i + 1].text == ";":
                continue
            end = i
            while words[end].text != ";":
                end = region.partner.get(end, end) if words[end].text in OPENING else end
                end += 1
            start, stop = words[i + 1].start, words[end].start
            value = self.text[start:stop]
            if "*" in region.returns:
                self.add(region, "result", start, stop, "NULL")
            elif "bool" in region.returns.split():
                if value not in ("true", "false"):
                    self.add(region, "result", start, stop, f"!({value})")
            else:
                if not re.fullmatch(r"\d+", value):
                    self.add(region, "result", start, stop, f"({value}) + 1")
                self.add(region, "result", start, stop, "0")

    def run(self):
        for region in regions_of(self.text):
            self.signs(region)
            self.constants(region)
            self.conditions(region)
            if region.is_body:
                self.statements(region)
                self.results(region)
        return sorted(self.mutants, key=lambda mutant: (mutant.start, mutant.end, mutant.new))


def mutants_of(root, file, command):
    """All mutants of a file, in the order of its lines; `command` compiles as the library is compiled."""
    text = (root / file).read_text()
    return Generator(file, text, active_lines(root, file, command)).run()
