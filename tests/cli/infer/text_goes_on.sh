# SPDX-License-Identifier: Apache-2.0
[ -e "$FIXTURES/lm.mx" ] || { echo 'mx-train is not built'; exit 77; }
cp "$FIXTURES/lm.mx" "$FIXTURES/digits.mx" .
lm=lm.mx
mx-infer "$lm" --prompt 'the c' --max-tokens 12 --temperature 0 >greedy
[ "$(wc -c <greedy)" -gt 5 ]
# The same seed, the same text; its numbers need no second look at the whole text.
mx-infer "$lm" --prompt 'the c' --max-tokens 40 --temperature 2 --top-k 0 --top-p 1 --min-p 0 --seed 5 >a
mx-infer "$lm" --prompt 'the c' --max-tokens 40 --temperature 2 --top-k 0 --top-p 1 --min-p 0 --seed 5 --threads 1 >b
mx-infer "$lm" --prompt 'the c' --max-tokens 40 --temperature 2 --top-k 0 --top-p 1 --min-p 0 --seed 6 >c
cmp a b
! cmp -s a c
# A line for each prompt, in order; the seed that is drawn is told.
printf 'the c\n{"prompt": "the c"}\n{"prompt": 3}\n{\n' >prompts
status=0
mx-infer "$lm" prompts --max-tokens 12 --temperature 0 >lines || status=$?
echo "exit $status"
jq -r '.text // "refused, line \(.line)"' lines >texts
{ cat greedy greedy; printf 'refused, line 3\nrefused, line 4\n'; } | diff - texts
mx-infer "$lm" <prompts --max-tokens 3 --temperature 0 --output text 2>/dev/null | wc -l
mx-infer "$lm" --prompt 'the c' --max-tokens 3 2>&1 >/dev/null | grep -c '^mx-infer: seed [0-9]*$'
# A reader that goes away.
mx-infer "$lm" --prompt 'the c' --max-tokens 100000 --seed 1 | head -c 5 >/dev/null
# What is for rows is not for texts, and the other way round.
mx-infer "$lm" --top 3 --prompt x || echo "exit $?"
mx-infer "$lm" --output tsv --prompt x || echo "exit $?"
mx-infer digits.mx --prompt x || echo "exit $?"
