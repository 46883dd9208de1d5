# SPDX-License-Identifier: Apache-2.0
# usage: awk -f word_baselines.awk TRAIN.tsv TEST.tsv
#
# What words alone tell of a text: lines "text TAB 0 or 1". Prints the accuracies on TEST of multinomial naive Bayes
# (counts smoothed by one) and of logistic regression on the words that a text has (stochastic gradient descent, L2).
BEGIN { FS = "\t" }
FNR == NR { text[++n] = $1; label[n] = $2 + 0; next }
{ test[++m] = $1; truth[m] = $2 + 0 }
function sigmoid(z) { return 1 / (1 + exp(-z)) }
END {
  for (i = 1; i <= n; i++) {
    count = split(text[i], words, " ")
    for (j = 1; j <= count; j++) { seen[words[j], label[i]]++; total[label[i]]++; if (!(words[j] in known)) { known[words[j]] = 1; size++ } }
    of[label[i]]++
  }
  for (i = 1; i <= m; i++) {
    z = log(of[1]) - log(of[0])
    count = split(test[i], words, " ")
    for (j = 1; j <= count; j++) if (words[j] in known)
      z += log((seen[words[j], 1] + 1) / (total[1] + size)) - log((seen[words[j], 0] + 1) / (total[0] + size))
    right += (z > 0) == truth[i]
  }
  printf "naive Bayes on words|%.4f\n", right / m
  epochs = 20; state = 1
  for (i = 1; i <= n; i++) order[i] = i
  for (epoch = 0; epoch < epochs; epoch++) {
    rate = 0.1 * (1 - epoch / epochs)
    for (i = n; i > 1; i--) { state = (state * 69069 + 1) % 4294967296; k = 1 + int(state / 4294967296 * i); t = order[i]; order[i] = order[k]; order[k] = t }
    for (r = 1; r <= n; r++) {
      i = order[r]; z = bias; count = split(text[i], words, " ")
      for (j = 1; j <= count; j++) z += weight[words[j]]
      error = label[i] - sigmoid(z); bias += rate * error
      for (j = 1; j <= count; j++) weight[words[j]] += rate * (error - 0.001 * weight[words[j]])
    }
  }
  right = 0
  for (i = 1; i <= m; i++) {
    z = bias; count = split(test[i], words, " ")
    for (j = 1; j <= count; j++) if (words[j] in weight) z += weight[words[j]]
    right += (z > 0) == truth[i]
  }
  printf "logistic regression on words|%.4f\n", right / m
}
