#include "tasks/prompt/few_shot.h"

#include <fmt/format.h>

#include "base/error.h"

namespace e2lm {
namespace {

Documents literal_samples(const Task& task) {
  Documents documents;
  for (const Json& sample : *task.few_shot.samples) {
    documents.push_back({sample, fmt::format("{}: fewshot_config.samples[{}]", task.path.string(),
                                             documents.size())});
  }
  return documents;
}

Documents read_pool(const Task& task, bool absent_is_null) {
  const Task::FewShot& few = task.few_shot;
  if (few.split.empty() && few.samples) return literal_samples(task);
  for (const std::string* split :
       {&few.split, &task.training_split, &task.validation_split, &task.test_split}) {
    if (!split->empty()) return task.read_split(*split, absent_is_null).documents;
  }
  return {};
}

}  // namespace

FewShotSampler::FewShotSampler(const Task& task, bool absent_is_null, uint64_t seed,
                               FewShotDraw draw)
    : task_(task),
      documents_(read_pool(task, absent_is_null)),
      // Both may be absent; the original then takes the one for the other too.
      may_hold_document_(task.few_shot.split == task.test_split),
      seed_(seed),
      draw_(draw),
      random_(seed) {
  for (const Document& document : documents_) pool_.push_back(&document);
}

std::vector<const Document*> FewShotSampler::draw(int64_t count, const Document& document,
                                                  int64_t doc_id) {
  if (count == 0) return {};
  if (task_.few_shot.sampler == Task::FewShot::Sampler::random) {
    if (draw_ == FewShotDraw::per_document) random_ = Random(seed_ + doc_id);
    return draw_random(count, document);
  }
  auto pool = may_hold_document_ ? without(pool_, document) : pool_;
  if (count > std::ssize(pool)) return sample(pool, count);  // which says what is missing
  pool.resize(count);
  return pool;
}

std::vector<const Document*> FewShotSampler::draw_random(int64_t count, const Document& document) {
  if (!may_hold_document_) return sample(pool_, count);
  auto drawn = without(sample(pool_, count + 1), document);
  // The pool may hold several rows equal to the document: then once more, from the others.
  if (std::ssize(drawn) < count) return sample(without(pool_, document), count);
  drawn.resize(count);
  return drawn;
}

std::vector<const Document*> FewShotSampler::without(const std::vector<const Document*>& documents,
                                                     const Document& left_out) const {
  std::vector<const Document*> others;
  for (const Document* document : documents) {
    if (document->columns != left_out.columns) others.push_back(document);
  }
  return others;
}

std::vector<const Document*> FewShotSampler::sample(const std::vector<const Document*>& from,
                                                    int64_t count) {
  if (count > std::ssize(from)) {
    throw Error(task_.path.string(),
                fmt::format("task {}: {} few-shot examples are to be drawn", task_.name, count),
                fmt::format("at most the {} that there are", from.size()));
  }
  std::vector<const Document*> drawn;
  for (const int64_t index : random_.sample(std::ssize(from), count)) drawn.push_back(from[index]);
  return drawn;
}

}  // namespace e2lm
