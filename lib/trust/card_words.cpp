// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "base/words.h"
#include "trust/card.h"

namespace mx {
namespace {

using Both = std::array<std::string_view, 2>;  // English, Chinese

std::string_view in(Language language, const Both& words) {
  return words[static_cast<std::size_t>(language)];
}

std::string act(Act kind, Language language) {
  if (kind == Act::none) return std::string(in(language, {"no activation", "无激活函数"}));
  return std::string(name_of(kind));
}

std::string phrase(const Block& block, Language language);

std::string joined(const std::vector<Block>& blocks, Language language) {
  std::string out;
  for (const Block& block : blocks) {
    const std::string one = phrase(block, language);
    if (!one.empty()) out += (out.empty() ? "" : ", ") + one;
  }
  return out;
}

struct Phrase {
  Language language;

  [[nodiscard]] std::string_view say(const Both& words) const { return in(language, words); }

  std::string operator()(const InputBlock& b) const {
    if (b.tokens > 0) {
      return fmt::format("{} {}", say({"up to", "最多"}), b.tokens) +
             std::string(say({" tokens", " 个词元"}));
    }
    return fmt::format("{} {}", say({"input", "输入"}), to_string(b.shape));
  }
  std::string operator()(const Linear& b) const {
    return fmt::format("{} {} -> {}{}", say({"linear", "线性层"}), b.in, b.out,
                       b.tied.empty() ? std::string_view() : say({" (tied)", "（权重共享）"}));
  }
  std::string operator()(const Conv2d& b) const {
    return fmt::format("{} {}x{}, {} -> {}", say({"convolution", "卷积"}), b.kernel, b.kernel, b.in,
                       b.out);
  }
  std::string operator()(const Pool2d& b) const {
    return fmt::format(
        "{} {}x{}", b.max ? say({"max pooling", "最大池化"}) : say({"average pooling", "平均池化"}),
        b.size, b.size);
  }
  std::string operator()(const Activation& b) const { return act(b.kind, language); }
  std::string operator()(const BatchNorm& b) const {
    return fmt::format("{} {}", say({"batch norm", "批归一化"}), b.dim);
  }
  std::string operator()(const LayerNorm& b) const {
    return fmt::format("{} {}", say({"layer norm", "层归一化"}), b.dim);
  }
  std::string operator()(const RmsNorm& b) const {
    return fmt::format("{} {}", say({"RMS norm", "RMS 归一化"}), b.dim);
  }
  std::string operator()(const Embedding& b) const {
    std::string out = fmt::format("{} {} x {}", say({"embedding", "嵌入"}), b.vocab, b.dim);
    if (b.positions > 0) {
      out += fmt::format(", {} {}", b.positions, say({"positions", "个位置"}));
    }
    return out;
  }
  std::string operator()(const Attention& b) const {
    std::string out = fmt::format(
        "{} {} x {}",
        b.causal ? say({"causal attention", "因果注意力"}) : say({"attention", "注意力"}), b.heads,
        b.head_dim);
    if (b.kv_heads != b.heads) {
      out += fmt::format(" ({} {})", b.kv_heads, say({"key heads", "个键头"}));
    }
    if (b.rope > 0) out += say({", rotary", "，旋转位置"});
    if (!b.rope_factors.empty()) out += say({", stretched", "，位置拉伸"});
    if (b.norm_eps > 0) out += say({", normalized queries and keys", "，查询与键归一化"});
    return out;
  }
  std::string operator()(const FeedForward& b) const {
    return fmt::format("{}{} {} -> {} ({})", b.gated ? say({"gated ", "门控"}) : std::string_view(),
                       say({"feed-forward", "前馈层"}), b.dim, b.hidden,
                       act(b.activation, language));
  }
  std::string operator()(const TokenPool& b) const {
    return std::string(b.first ? say({"the first token", "首词元"})
                               : say({"mean over tokens", "词元平均"}));
  }
  std::string operator()(const Residual& b) const {
    return fmt::format("{} [{}]", say({"residual", "残差"}), joined(b.blocks, language));
  }
  std::string operator()(const Flatten&) const { return {}; }
  std::string operator()(const Dropout&) const { return {}; }
};

std::string phrase(const Block& block, Language language) {
  return std::visit(Phrase{language}, block.any);
}

// How often the `period` phrases at `at` come one after the other.
std::size_t times(const std::vector<std::string>& phrases, std::size_t at, std::size_t period) {
  std::size_t out = 1;
  for (std::size_t next = at + period; next + period <= phrases.size(); next += period, ++out) {
    for (std::size_t i = 0; i < period; ++i) {
      if (phrases[next + i] != phrases[at + i]) return out;
    }
  }
  return out;
}

}  // namespace

std::string in_words(const Network& network, Language language) {
  constexpr std::size_t kLongest = 6;  // phrases of a part that comes again
  std::vector<std::string> phrases;
  for (const Block& block : network.blocks) {
    std::string one = phrase(block, language);
    if (!one.empty()) phrases.push_back(std::move(one));
  }
  std::string out;
  for (std::size_t at = 0; at < phrases.size();) {
    std::size_t period = 1, count = 1;
    for (std::size_t tried = 1; tried <= kLongest && at + tried <= phrases.size(); ++tried) {
      const std::size_t found = times(phrases, at, tried);
      if (found > 1 && found * tried > count * period) {
        period = tried;
        count = found;
      }
    }
    std::string part;
    for (std::size_t i = 0; i < period; ++i) part += (i == 0 ? "" : ", ") + phrases[at + i];
    if (!out.empty()) out += "; ";
    out += count == 1 ? part : fmt::format("{} x ({})", count, part);
    at += period * count;
  }
  return out;
}

std::string_view name_of(Known known) {
  constexpr std::string_view kNames[] = {"measured", "declared", "missing"};
  return kNames[static_cast<int>(known)];
}

std::string_view in_words(Known known, Language language) {
  constexpr Both kWords[] = {{"measured", "实测"}, {"declared", "声明"}, {"missing", "缺失"}};
  return in(language, kWords[static_cast<int>(known)]);
}

std::string_view in_words(Allowed allowed, Language language) {
  constexpr Both kWords[] = {
      {"no", "不允许"}, {"not known", "未知"}, {"with conditions", "有条件"}, {"yes", "允许"}};
  return in(language, kWords[static_cast<int>(allowed)]);
}

std::string_view in_words(Permission permission, Language language) {
  constexpr Both kWords[] = {{"serve it to others", "向他人提供服务"},
                             {"change it", "修改"},
                             {"train on its answers", "用其回答训练其他模型"},
                             {"pass it on", "再分发"},
                             {"use it commercially", "商业使用"}};
  return in(language, kWords[static_cast<int>(permission)]);
}

std::string_view in_words(Duty duty, Language language) {
  constexpr Both kWords[] = {
      {"pass the licence's text on with it", "随附许可证全文"},
      {"keep copyright notices and NOTICE texts", "保留版权声明和 NOTICE 文本"},
      {"say what was changed", "说明所作的修改"},
      {"name the author and the licence", "署明作者和许可证"},
      {"pass on what is made from it under the same licence only", "衍生作品须采用相同许可证"},
      {"offer what it was made of", "提供其制作来源（源材料）"},
      {"offer that to those who use it over a network, too", "也须向通过网络使用者提供来源"},
      {"make no commercial use of it", "不得用于商业目的"},
      {"keep to the licence's restrictions of use, and pass them on", "遵守并传递用途限制"},
      {"let names of models made from it begin as the licence says",
       "衍生模型名称须以规定前缀开头"},
      {"show the licence's words where it is used", "在使用处展示规定字样"},
      {"ask for a licence of your own above the number of users it names",
       "用户数超过规定时须另行取得许可"}};
  return in(language, kWords[static_cast<int>(duty)]);
}

}  // namespace mx
