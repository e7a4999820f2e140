import { testScenarios } from "./test-seeds.js";

testScenarios("power-cut", "disk", "shutdown");
