#include "harness/store/item_blob.h"

#include <cstring>

#include "harness/store/sqlite.h"

namespace e2lm {
namespace {

constexpr int32_t kSeveralGolds = 1, kUnconditional = 2;
constexpr int32_t kTypeShift = 4;  // the output type stands above them

// Numbers taken one by one, with a check that they are there.
class Reader {
 public:
  Reader(const Path& path, std::span<const std::byte> bytes)
      : path_(path), numbers_(bytes.size() / sizeof(int32_t)) {
    std::memcpy(numbers_.data(), bytes.data(), numbers_.size() * sizeof(int32_t));
    require(bytes.size() % sizeof(int32_t) == 0);
  }

  bool done() const { return at_ == numbers_.size(); }

  int32_t next() {
    require(!done());
    return numbers_[at_++];
  }

  // A count of things of which each takes at least `least` numbers.
  int32_t count(int32_t least) {
    const int32_t count = next();
    require(count >= 0 && static_cast<size_t>(count) <= (numbers_.size() - at_) / least);
    return count;
  }

  void require(bool whole) const {
    if (!whole) throw StoreError(path_.string(), "holds a damaged task");
  }

 private:
  const Path& path_;
  std::vector<int32_t> numbers_;
  size_t at_ = 0;
};

ItemShape read_item(Reader& from) {
  ItemShape item;
  const int32_t flags = from.next();
  item.several_golds = (flags & kSeveralGolds) != 0;
  item.unconditional = (flags & kUnconditional) != 0;
  from.require(flags >= 0 && flags >> kTypeShift <= 2);
  item.type = static_cast<OutputType>(flags >> kTypeShift);
  item.windows = from.next();
  item.words = from.next();
  item.bytes = from.next();
  for (int32_t golds = from.count(1); golds > 0; --golds) item.golds.push_back(from.next());
  for (int32_t choices = from.count(2); choices > 0; --choices) {
    const int32_t characters = from.next();
    item.choices.push_back({characters, from.next()});
  }
  for (const int32_t gold : item.golds) from.require(gold < std::ssize(item.choices));
  // A blank text has none.
  const bool rolling = item.type == OutputType::loglikelihood_rolling;
  from.require(item.windows >= (rolling ? 0 : 1));
  return item;
}

ItemShape read_item_before_3(Reader& from) {
  ItemShape item{.golds = {from.next()}};
  for (int32_t choices = from.count(2); choices > 0; --choices) {
    const int32_t characters = from.next();
    item.choices.push_back({characters, from.next()});
  }
  from.require(item.golds[0] >= 0 && item.golds[0] < std::ssize(item.choices));
  return item;
}

template <typename Read>
std::vector<ItemShape> read_items(const Path& path, std::span<const std::byte> bytes,
                                  const Read& read) {
  Reader from(path, bytes);
  std::vector<ItemShape> items;
  while (!from.done()) items.push_back(read(from));
  return items;
}

}  // namespace

std::vector<int32_t> pack_items(const std::vector<ItemShape>& items) {
  std::vector<int32_t> packed;
  for (const ItemShape& item : items) {
    packed.push_back((item.several_golds ? kSeveralGolds : 0) |
                     (item.unconditional ? kUnconditional : 0) |
                     static_cast<int32_t>(item.type) << kTypeShift);
    packed.push_back(item.windows);
    packed.push_back(static_cast<int32_t>(item.words));
    packed.push_back(static_cast<int32_t>(item.bytes));
    packed.push_back(static_cast<int32_t>(item.golds.size()));
    packed.insert(packed.end(), item.golds.begin(), item.golds.end());
    packed.push_back(static_cast<int32_t>(item.choices.size()));
    for (const ItemShape::Choice& choice : item.choices) {
      packed.push_back(choice.characters);
      packed.push_back(choice.bytes);
    }
  }
  return packed;
}

std::vector<ItemShape> unpack_items(const Path& path, std::span<const std::byte> bytes) {
  return read_items(path, bytes, read_item);
}

std::vector<ItemShape> unpack_items_before_3(const Path& path, std::span<const std::byte> bytes) {
  return read_items(path, bytes, read_item_before_3);
}

}  // namespace e2lm
