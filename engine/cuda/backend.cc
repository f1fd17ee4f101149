#include "engine/cuda/backend.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/memory.h"
#include "base/text.h"
#include "engine/cuda/cuda_backend.h"

namespace e2lm {
namespace {

constexpr const char* kVisible = "CUDA_VISIBLE_DEVICES";

bool new_enough(const cuda::Card& card) {
  return card.major > 7 || (card.major == 7 && card.minor >= 5);
}

std::string why_no_card(const std::string& driver_said) {
  const char* visible = std::getenv(kVisible);
  const std::string only = visible ? fmt::format(", with {}={}", kVisible, visible) : "";
  return "no card: " + driver_said + only;
}

}  // namespace

void check_cuda(Precision precision) {
  std::string why;
  if (cuda::count_cards(&why) == 0) throw Error("--device cuda", why_no_card(why), "cpu");
  const cuda::Card card = cuda::describe_card(0);
  if (!new_enough(card)) {
    throw Error("--device cuda",
                fmt::format("{} has compute capability {}.{}", card.name, card.major, card.minor),
                "7.5 or later, or cpu");
  }
  if (precision == Precision::bfloat16 && !card.has_bfloat16()) {
    throw Error("--dtype bfloat16",
                fmt::format("{} has no tensor cores for it (compute capability {}.{})", card.name,
                            card.major, card.minor),
                "8.0 or later, or --dtype float32");
  }
  cuda::Products::find_library();
}

std::unique_ptr<Backend> open_cuda_backend(Precision precision, const CudaLimits& limits) {
  check_cuda(precision);
  return std::make_unique<cuda::CudaBackend>(
      precision == Precision::float32 ? cuda::Element::float32 : cuda::Element::bfloat16,
      limits.weight_bytes, limits.called_off);
}

bool cuda_is_there() {
  return cuda::count_cards() > 0 && new_enough(cuda::describe_card(0));
}

bool cuda_has_bfloat16() {
  return cuda_is_there() && cuda::describe_card(0).has_bfloat16();
}

std::vector<CudaCard> list_cuda_cards() {
  std::vector<CudaCard> cards;
  for (int i = 0; i < cuda::count_cards(); ++i) {
    const cuda::Card card = cuda::describe_card(i);
    cards.push_back({new_enough(card), card.has_bfloat16(),
                     fmt::format("{}, compute capability {}.{}, {}", card.name, card.major,
                                 card.minor, format_bytes(card.memory_bytes))});
  }
  return cards;
}

std::string describe_cuda() {
  std::string why;
  if (cuda::count_cards(&why) == 0) return why_no_card(why);
  return list_cuda_cards().front().what;
}

void choose_cuda_card(int index) {
  std::string card = std::to_string(index);
  if (const char* visible = std::getenv(kVisible)) {
    const std::vector<std::string> cards = split(visible, ',');
    if (index >= std::ssize(cards)) {
      throw Error("--device cuda:" + card,
                  fmt::format("no such card, with {}={}", kVisible, visible),
                  "one that `e2lm ls devices` shows");
    }
    card = trim(cards[index]);
  }
  ::setenv(kVisible, card.c_str(), 1);
}

}  // namespace e2lm
