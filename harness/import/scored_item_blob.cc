#include "harness/import/scored_item_blob.h"

#include <cstring>

#include "harness/store/sqlite.h"

namespace e2lm {
namespace {

constexpr int32_t kGreedy = 1;
constexpr int32_t kUnconditional = 2;
constexpr int32_t kTypes = 3;
constexpr int64_t kChoiceBytes = 2 * sizeof(double) + 5 * sizeof(int32_t);

template <typename T>
void put(std::vector<std::byte>& bytes, T value) {
  const auto* first = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), first, first + sizeof value);
}

void put_choice(std::vector<std::byte>& bytes, const Choice& choice) {
  put(bytes, choice.logprob_nats);
  put(bytes, choice.unconditional_nats.value_or(0));
  for (const int32_t count : {choice.tokens, choice.characters, choice.bytes, choice.words}) {
    put(bytes, count);
  }
  put(bytes, (choice.greedy ? kGreedy : 0) | (choice.unconditional_nats ? kUnconditional : 0));
}

class Reader {
 public:
  Reader(const Path& path, std::span<const std::byte> bytes) : path_(path), bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }

  Item item() {
    const auto type = take<int32_t>();
    const auto golds = take<int32_t>(), choices = take<int32_t>();
    const auto left = static_cast<int64_t>(bytes_.size());
    const bool fits = type >= 0 && type < kTypes && golds >= 0 && choices >= 0 &&
                      golds * int64_t{sizeof(int32_t)} + choices * kChoiceBytes <= left;
    if (!fits) refuse();
    Item item{.type = static_cast<OutputType>(type)};
    for (int32_t g = 0; g < golds; ++g) item.gold.push_back(take<int32_t>());
    for (int32_t c = 0; c < choices; ++c) item.choices.push_back(choice());
    return item;
  }

 private:
  Choice choice() {
    Choice choice{.logprob_nats = take<double>()};
    const auto unconditional = take<double>();
    choice.tokens = take<int32_t>();
    choice.characters = take<int32_t>();
    choice.bytes = take<int32_t>();
    choice.words = take<int32_t>();
    const auto flags = take<int32_t>();
    choice.greedy = (flags & kGreedy) != 0;
    if (flags & kUnconditional) choice.unconditional_nats = unconditional;
    return choice;
  }

  template <typename T>
  T take() {
    if (bytes_.size() < sizeof(T)) refuse();
    T value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
    return value;
  }

  [[noreturn]] void refuse() const {
    throw StoreError(path_.string(), "imported documents are damaged",
                     "a store as e2lm import writes it");
  }

  const Path& path_;
  std::span<const std::byte> bytes_;
};

}  // namespace

std::vector<std::byte> pack_scored_items(std::span<const Item> items) {
  std::vector<std::byte> bytes;
  for (const Item& item : items) {
    put(bytes, static_cast<int32_t>(item.type));
    put(bytes, static_cast<int32_t>(item.gold.size()));
    put(bytes, static_cast<int32_t>(item.choices.size()));
    for (const int32_t gold : item.gold) put(bytes, gold);
    for (const Choice& choice : item.choices) put_choice(bytes, choice);
  }
  return bytes;
}

std::vector<Item> unpack_scored_items(const Path& path, std::span<const std::byte> bytes) {
  Reader reader(path, bytes);
  std::vector<Item> items;
  while (!reader.at_end()) items.push_back(reader.item());
  return items;
}

}  // namespace e2lm
