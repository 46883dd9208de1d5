// SPDX-License-Identifier: Apache-2.0
// Somebody who looks on while a network runs, to calibrate what is changed in it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace mx {

class MapObserver {
 public:
  MapObserver() = default;
  MapObserver(const MapObserver&) = delete;
  MapObserver& operator=(const MapObserver&) = delete;
  virtual ~MapObserver() = default;
  // The linear map whose weight is `name` is applied to x, [rows, inputs of the map]; a convolution
  // to each of its windows, [positions, in * kernel * kernel]. Called from any of the threads that
  // run rows.
  virtual void see(const std::string& name, std::span<const float> x) = 0;
};

}  // namespace mx
