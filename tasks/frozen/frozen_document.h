#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "tasks/requests.h"

namespace e2lm {

// One document of a frozen task with all it asks for.
struct FrozenDocument {
  Document document;
  Json target;
  ItemShape item;
  std::vector<Request> requests;
};

// What a frozen file says of itself, and the documents asked for.
struct FrozenDocuments {
  int64_t all_documents = 0;  // of the split, before any limit
  int64_t held = 0;           // by the file: the first of these
  int64_t shots = 0;
  uint64_t fewshot_seed = 0;
  std::vector<FrozenDocument> documents;
};

// Which of `count` documents are wanted: those below the limit, or the samples named. The original
// numbers documents before either.
class FrozenChoice {
 public:
  FrozenChoice(const RequestOptions& options, int64_t count);
  bool wants(int64_t doc_id) const;

 private:
  const RequestOptions& options_;
  int64_t below_;
};

// What the reader of a JSON object needs, with an Error naming the line and key where the value is
// absent or has another type.
const Json& frozen_value(const Json& object, const char* key, Json::value_t type,
                         const std::string& where);
std::string frozen_text(const Json& object, const char* key, const std::string& where);
int64_t frozen_count(const Json& object, const char* key, const std::string& where);  // 0 or more

// Numbers of right choices, one or a list, of `choices` many; ItemShape::kNoGold may be among them.
std::vector<int32_t> frozen_golds(const Json& value, int64_t choices, const std::string& where);

}  // namespace e2lm
