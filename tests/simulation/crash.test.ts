import { testScenarios } from "./test-seeds.js";

testScenarios("crash", "crash-streams", "crash-one");
