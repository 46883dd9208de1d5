# SPDX-License-Identifier: Apache-2.0
"""Lines that tokenizers stumble over, all written for this purpose."""

PLAIN = [
    "The quick brown fox jumps over the lazy dog.", "It's what they'd've said, isn't it? I'M SURE'S NOT.",
    "She didn't know; we'll see. They're here, you've won, I'd go, he's in.", "THEY'RE shouting DON'T and WE'LL",
    "A sentence, with commas; semicolons: colons - dashes -- and (brackets) [of] {all} <kinds>.",
    "Numbers: 1 12 123 1234 12345 123456 3.14159 1,000,000 1e-5 0x1F 2026-11-25 10:30:00", "one two  three   four    five     six",
    "a", "I", "", " ", "  ", "   ", "\t", "\n", "\n\n", " \n ", "\t\tindented\twith\ttabs", "trailing space ", " leading space",
    "  two leading", "two trailing  ", "line one\nline two\n\nline four\r\nline five\r\rend", "mixed \t \n \r\n whitespace\n  after",
    "word\n", "\nword", "  \n  word  \n  ", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "supercalifragilisticexpialidocious antidisestablishmentarianism", "ALL CAPS TEXT AND camelCase And PascalCase and snake_case and kebab-case",
    "e.g. i.e. etc. Mr. Mrs. Dr. U.S.A. a.m. p.m.", "email@example.org https://www.example.org/path?query=1&other=2#part", "100% of $5.00 or \u20ac3,50 + \u00a32 = \u00a58",
    "--- *** === ___ ... !!! ??? ;;; ::: ,,, ''' \"\"\" ```", "'quoted' \"double\" `back` \u2018curly\u2019 \u201ccurly\u201d \u00abguillemets\u00bb",
    "'s 't 're 've 'm 'll 'd 'S 'T 'RE 'Ve '\u017f 'x", "x's y't", "''s'' ' 's", "1st 2nd 3rd 4th", "v1.2.3-rc4+build5", "to be or not to be that is the question",
]
CODE = [
    "def f(x, y=1):\n    return x ** 2 + y  # comment\n", "for (int i = 0; i < n; ++i) { sum += a[i]; }", "if x == 1 and y != 2 or not z:\n\tpass\n",
    "#include <vector>\nint main() {\n  std::vector<int> v{1, 2, 3};\n  return 0;\n}\n", "SELECT a, b FROM t WHERE c LIKE '%x_%' ORDER BY d DESC;",
    "{\"key\": [1, 2.5, null, true], \"other\": {\"a\": \"b\\n\"}}", "<div class=\"box\"><p>text &amp; more</p></div>", "ls -la | grep '^d' > out.txt 2>&1 && echo $?",
    "let x = y?.z ?? 'none'; // \u2192 arrow", "a->b->c(); *p++ = &q; x <<= 2; y >>= 3; z ^= ~w;", "        eight spaces\n            twelve\n\t\ttwo tabs",
    "template <typename T> T max(T a, T b) { return a < b ? b : a; }", "r'^\\s*(\\d+)\\.(\\w+)$'", "\\begin{equation} x^2 + y_1 = \\frac{a}{b} \\end{equation}",
    "0b1010 0o17 0xDEADBEEF 1_000_000 1.5e+10", "__init__ __name__ == '__main__'", "//////////////////// ******************** --------------------",
]
SCRIPTS = [
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002", "\u4e2d\u6587 mixed with English \u548c\u6570\u5b57123", "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3068\u3072\u3089\u304c\u306a\u30ab\u30bf\u30ab\u30ca",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc785\ub2c8\ub2e4", "\u1112\u1161\u11ab\u1100\u116e\u11a8 decomposed hangul", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u041a\u0430\u043a \u0434\u0435\u043b\u0430?", "\u0393\u03b5\u03b9\u03ac \u03c3\u03bf\u03c5 \u039a\u03cc\u03c3\u03bc\u03b5, \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 \u0661\u0662\u0663", "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd \u05d1\u05b0\u05bc\u05e8\u05b5\u05d0\u05e9\u05b4\u05c1\u05d9\u05ea", "\u202bright to left\u202c mark\u200f\u200e",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e \u0967\u0968\u0969", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01", "\u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0bae\u0bca\u0bb4\u0bbf", "\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0", "\u1218\u1230\u120b\u121d", "Ti\u1ebfng Vi\u1ec7t c\u00f3 d\u1ea5u",
    "na\u00efve caf\u00e9 \u00fcber stra\u00dfe \u0152uvre \u00c6on \u00f1and\u00fa", "\u0130stanbul \u0131\u015f\u0131k \u01c4 \u01c5 \u01c6", "\ufb01 \ufb02 \ufb00 ligatures \u2460 \u2461 \u24d0 circled", "\uff21\uff22\uff23 \uff11\uff12\uff13 \uff01\uff1f fullwidth",
    "\u00bd \u00be \u2153 x\u00b2 y\u00b3 \u2164 \u216b H\u2082O", "\u212b \u00c5 A\u030a \u1e9b\u0323 \u1e69 s\u0323\u0307", "\u2126 \u03a9 \u212a K \u2103", "\u337f \u32a4 \u3300 squared", "Latin \u1e9e sharp \u00df and \u0149",
]
MARKS = [
    "e\u0301 e\u0300 a\u0308 o\u0302 n\u0303 combining", "\u0301alone \u0300 at start", "Z\u0351\u036b\u0343\u036a\u0342\u036b\u033d\u034f\u0334\u0319\u0324\u031e\u0349\u035a\u032f\u031e\u0320\u034dA\u036b\u0357\u0334\u0362\u0335\u031c\u0330\u0354L\u0368\u0367\u0369\u0358\u0320G\u0311\u0357\u030e\u0305\u035b\u0341\u0334\u033b\u0348\u034d\u0354\u0339O",
    "a\u20dd b\u20e3 1\ufe0f\u20e3 enclosed", "x\u0338 \u2260 not equal", "\ufb01\u0301 \ufb01x\u0301", "q\u0307\u0323 q\u0323\u0307 order", "\u1e0b\u0323 \u1e0d\u0307", "\u0344 \u0308\u0301",
]
EMOJI = [
    "\U0001f600 \U0001f602 \U0001f923", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 family", "\U0001f44d\U0001f3fd skin \U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7 flags", "heart \u2764\ufe0f and \u2665 and <3", "text\U0001f680\U0001f680\U0001f680text", "\u2605\u2606\u2660\u2663 \u2192\u2190\u2191\u2193 \u221e\u2211\u222b\u221a", "\u2588\u2584\u2580 \u2502\u2500\u250c\u2510",
]
SPACES = [
    "no\u00a0break\u00a0space", "\u3000ideographic\u3000space\u3000", "\u2002en \u2003em \u2009thin \u200a hair", "zero\u200bwidth\u200bspace\ufeffbom", "line\u2028sep\u2029para", "\u0085next\u0085line", "\x0bvertical\x0cform\x1cfile\x1funit", "\u1680ogham\u180emongol", "soft\u00adhyphen word\u2060joiner", "tab\tthen space \tthen tab\t ", " \u00a0 \u3000 mixed  \u2003 ", "end with nbsp\u00a0", "\u00a0",
    "a \u2581 b", "\u2581under\u2581score\u2581", "\u2581\u2581double", "x\u2581 y \u2581z", "a  b   c    d", "\n \n  \n   \n", "x\n\n\n\ny", " a\n b\n  c", "\r\n\r\n", "a\r\nb\rc\nd", "  \t\n", "0 1  2   3", "  1", "x  1", "x   !", "!  x", "\n1", " \n1",
]
CONTROL = ["\x00\x01\x02 control \x7f", "\x1b[31mred\x1b[0m", "bell\x07back\x08space", "\ufffd replacement \ufffd\ufffd", "\ue000 private \U000f0000", "\U000e0041\U000e0042 tags", "\ufeffbom first"]
SPECIALS = [
    "<s>", "</s>", "<unk>", "<s> text </s>", "before<s>after", "a </s> b</s>c", "<pad><mask>", "fill the <mask> here", "fill the  <mask>  here", "<mask>\n<mask>", "[CLS] text [SEP]", "[MASK] [PAD] [UNK]", "[cls] [mask]",
    "<|endoftext|>", "one<|endoftext|>two", "<|endoftext|><|endoftext|>", "<|im_start|>user\nhi<|im_end|>\n", "<|im_start|>", "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|>",
    "<tool_call>{\"a\": 1}</tool_call>", "x<tool_call>y", " <tool_call> ", "<think>hm</think>", "<|user|>\nhello<|end|>\n<|assistant|>", "<|assistant|>   spaces behind", "text <|end|>   \n more", "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>",
    "<0x41> <0x0A>", "<|end", "<|endoftext|", "<<s>>", "</s></s>", "<s><s>a", "addedword and addedwords and unaddedword", "addedword", "ADDEDWORD Addedword", "(addedword)", "addedword_ addedword9 addedword.", "user<sep>defined<sep>", "<sep>", " <sep> x", "<cls>",
    "<extra_id_0> fill <extra_id_1>", "\u00e9<mask>\u00e9", "<mask>\u3000x", "x\u3000<mask>",
]
LINES = PLAIN + CODE + SCRIPTS + MARKS + EMOJI + SPACES + CONTROL + SPECIALS
