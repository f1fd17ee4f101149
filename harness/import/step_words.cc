#include "harness/import/step_words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <iterator>
#include <utility>

namespace e2lm {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::array<std::string_view, 6> kWords = {"iteration", "checkpoint", "global_step",
                                                    "step",      "iter",       "ckpt"};
constexpr size_t kMostDigits = 15;

bool is_letter(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) != 0;
}

size_t skip(std::string_view text, size_t place, std::string_view any_of) {
  const size_t end = text.find_first_not_of(any_of, place);
  return end == std::string_view::npos ? text.size() : end;
}

// "-tokens4B" after a step.
void take_tokens(std::string_view text, StepWord& word) {
  const size_t begin = skip(text, word.last, "-_");
  if (!text.substr(begin).starts_with("tokens")) return;
  const size_t digits = skip(text, begin + 6, "-_=");
  size_t end = skip(text, digits, kDigits);
  if (text.substr(end).starts_with('.')) {
    if (const size_t last = skip(text, end + 1, kDigits); last > end + 1) end = last;
  }
  while (end < text.size() && is_letter(text[end])) ++end;  // a unit, or else no number
  const auto tokens = scaled_tokens(text.substr(digits, end - digits));
  if (!tokens) return;
  word.tokens = tokens;
  word.last = end;
}

// The step word that begins with `name` at `place`, if one does.
std::optional<StepWord> step_at(std::string_view text, size_t place, std::string_view name) {
  if (!text.substr(place).starts_with(name)) return {};
  if (place > 0 && is_letter(text[place - 1])) return {};
  const size_t digits = skip(text, place + name.size(), "-_=");
  const size_t end = skip(text, digits, kDigits);
  if (end == digits || end - digits > kMostDigits) return {};
  if (end < text.size() && is_letter(text[end])) return {};
  StepWord word{.step = std::atoll(std::string(text.substr(digits, end - digits)).c_str()),
                .first = place,
                .last = end};
  take_tokens(text, word);
  return word;
}

}  // namespace

std::optional<StepWord> find_step(std::string_view text) {
  for (size_t place = text.size(); place-- > 0;) {
    for (const std::string_view name : kWords) {
      auto word = step_at(text, place, name);
      if (!word) continue;
      if (name == "step" && text.substr(0, place).ends_with("global_")) word->first -= 7;
      return word;
    }
  }
  return {};
}

std::string without_step(std::string_view text) {
  const auto word = find_step(text);
  if (!word) return std::string(text);
  size_t first = word->first;
  while (first > 0 && std::string_view("-_.@").find(text[first - 1]) != std::string_view::npos) {
    --first;
  }
  return std::string(text.substr(0, first)) + std::string(text.substr(word->last));
}

std::optional<double> scaled_tokens(std::string_view text) {
  // By its power of ten, so that it is rounded once.
  static constexpr std::pair<char, const char*> kUnits[] = {
      {'K', "e3"}, {'M', "e6"}, {'B', "e9"}, {'G', "e9"}, {'T', "e12"}};
  const char* power = "";
  if (!text.empty() && is_letter(text.back())) {
    const auto unit = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& known) {
      return known.first == std::toupper(static_cast<unsigned char>(text.back()));
    });
    if (unit == std::end(kUnits)) return {};
    power = unit->second;
    text.remove_suffix(1);
  }
  const size_t whole = skip(text, 0, kDigits);
  const bool fraction = whole > 0 && whole + 1 < text.size() && text[whole] == '.';
  const size_t end = fraction ? skip(text, whole + 1, kDigits) : whole;
  if (whole == 0 || end != text.size() || text.size() > kMostDigits + 3) return {};
  return std::strtod((std::string(text) + power).c_str(), nullptr);
}

}  // namespace e2lm
