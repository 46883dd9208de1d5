// SPDX-License-Identifier: Apache-2.0
// What heads and lineages usually look like. Part of format version 1: not a byte may change.
#include "file/packed.h"

namespace mx {

ByteView text_dictionary() {
  static constexpr std::string_view kText =
      R"({"family":"cnn","network":[{"input":{"shape":[1,28,28]}},)"
      R"({"conv2d":{"name":"conv0","in":1,"out":16,"kernel":5,"padding":2}},)"
      R"({"batchnorm":{"name":"norm0","dim":16,"eps":1e-05}},{"activation":{"kind":"relu"}},)"
      R"({"pool2d":{"kind":"max","size":2,"stride":2}},{"flatten":{}},)"
      R"({"layernorm":{"name":"0","dim":64}},{"activation":{"kind":"gelu_tanh"}},)"
      R"({"linear":{"name":"0","in":784,"out":300}},{"activation":{"kind":"relu"}},)"
      R"({"dropout":{"rate":0.1}},{"linear":{"name":"1","in":300,"out":100,"bias":false}},)"
      R"({"linear":{"name":"head","in":100,"out":10}}],"schema":{"task":"regress",)"
      R"("source":"image","input":[1,28,28],"targets":[{"name":"y","mean":0,"scale":1}],)"
      R"("header":false,"label":"label","classes":["no","yes"],"features":[{"names":)"
      R"([["1","30"]],"missing":true,"categories":["a","b"],"mean":[0.5,),"scale":[0.25,]}]},)"
      R"("rights":{"owner":"","contact":"","license":"CC-BY-4.0"},"extra":{"format":"pt"}})"
      R"({"family":"mlp","network":[{"input":{"shape":[64]}},{"linear":{"name":"0","in":64,)"
      R"("out":128}},{"activation":{"kind":"relu"}},{"dropout":{"rate":0.2}},{"linear":{"name":)"
      R"("1","in":128,"out":64}},{"activation":{"kind":"relu"}},{"dropout":{"rate":0.2}},)"
      R"({"linear":{"name":"head","in":64,"out":10}}],"schema":{"task":"classify","label":)"
      R"("class","classes":[["0","9"]],"features":[{"names":[["x0","x9"],["x10","x63"]],)"
      R"("mean":[0,0.5,1.25,10],"scale":[1,0.25,3.5,12]}]}})"
      R"([{"operation":"import","tool":"mx-pack","version":"0.1.0","options":{},"parents":[],)"
      R"("data":[],"metrics":{}},{"operation":"train","tool":"mx-train","version":"0.1.0",)"
      R"("options":{"model":"mlp","hidden":[128,64],"channels":[16,32],"activation":"relu",)"
      R"("dropout":0.0,"label":"label","fold":"","header":true,"valid-fraction":0.1,)"
      R"("task":"classify","features":"","input-shape":"","scaling":"standard",)"
      R"("optimizer":"adamw","lr":0.001,"momentum":0.9,"weight-decay":0.01,)"
      R"("schedule":"cosine","warmup":100,"epochs":20,"steps":1000,"batch-size":64,)"
      R"("accumulate":1,"clip":0.0,"augment":"","shuffle":"yes","patience":0},"seed":12345,)"
      R"("parents":[{"sha256":0,"role":"init"}],"data":[{"sha256":1,"rows":1437,)"
      R"("role":"train","license":"CC-BY-4.0","source":""},{"sha256":2,"rows":360,)"
      R"("role":"valid"},{"sha256":3,"rows":360,"role":"labels"}],"metrics":{"train_loss":0.07,)"
      R"("valid_loss":0.1,"valid_accuracy":0.975,"test_loss":0.24264,"test_accuracy":0.94722},)"
      R"("time":1700000000},{"operation":"distill","tool":"mx-distill","version":"0.1.0",)"
      R"("options":{"student":"auto:25%","temperature":2.0,"alpha":0.9,"divergence":"forward-kl",)"
      R"("control":false,"label":"class","fold":"1/5","header":true,)"
      R"("valid-fraction":0.0,"task":"classify","features":"","input-shape":"",)"
      R"("scaling":"standard","optimizer":"adamw","lr":0.001,"momentum":0.9,)"
      R"("weight-decay":0.01,"schedule":"cosine","warmup":0,"epochs":60,"batch-size":32,)"
      R"("accumulate":1,"clip":0.0,"augment":"shift:1","shuffle":"yes","patience":0},"seed":1,)"
      R"("parents":[{"sha256":1,"role":"teacher"}],"data":[{"sha256":0,"rows":1797,)"
      R"("role":"train"}],"metrics":{"teacher_loss":0.0812,"teacher_accuracy":0.98056,)"
      R"("student_parameters":4810}},{"operation":"prune","tool":"mx-prune","version":"0.1.0",)"
      R"("options":{"sparsity":0.8,"criterion":"magnitude","pattern":"free","scope":"global",)"
      R"("schedule":"gradual","finetune-epochs":10,"keep":"","label":"class","fold":"1/5",)"
      R"("header":true,"valid-fraction":0.0,"task":"classify","features":"","input-shape":"",)"
      R"("scaling":"standard","optimizer":"adamw","lr":0.001,"momentum":0.9,"weight-decay":0.0,)"
      R"("lr-schedule":"constant","warmup":0,"batch-size":32,"accumulate":1,"clip":0.0,)"
      R"("augment":"","shuffle":"yes","patience":0},"seed":1,"parents":[{"sha256":2,)"
      R"("role":"input"}],"data":[{"sha256":0,"rows":1797,"role":"train"}],"metrics":)"
      R"({"sparsity":0.8,"loss_before":0.1,"loss_after":0.2}},{"operation":"quantize",)"
      R"("tool":"mx-pack","version":"0.1.0","options":{"effort":"normal","quantize":"int8"},)"
      R"("parents":[{"sha256":3,"role":"input"}],"data":[],"metrics":)"
      R"({"probe_difference":0.01}}])";
  return view(kText);
}

}  // namespace mx
