import { testScenarios } from "./test-seeds.js";

testScenarios("relay", "streams");
