# SPDX-License-Identifier: Apache-2.0
lesson=("$FIXTURES/teacher.mx" --student auto:10% --data "$MX_TEST_DATA/digits.csv" --fold 1/5 --epochs 1 --seed 1 --threads 1 -q -f -o s.mx)
there() { find said.mx.parts | sort; }
try() { mx-distill "${lesson[@]}" --cache said.mx >/dev/null || echo "exit $?"; }
{
  mkdir said.mx.parts && echo mine >said.mx.parts/notes.txt
  try
  there
  # A model of the user's with a piece's name.
  rm said.mx.parts/notes.txt && cp "$FIXTURES/teacher.mx" said.mx.parts/000000.mx
  try
  cmp "$FIXTURES/teacher.mx" said.mx.parts/000000.mx
  # Where the cache is whole, nothing is asked, and nothing goes.
  mv said.mx.parts kept && try && mv kept said.mx.parts && echo mine >said.mx.parts/notes.txt
  try
  there
  rm -r said.mx said.mx.parts && mkdir elsewhere && ln -s elsewhere said.mx.parts
  try
  ls elsewhere
  rm said.mx.parts && try && chmod 666 said.mx && try
} 2>&1
